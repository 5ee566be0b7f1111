# shellcheck shell=bash
# What scripts/setup and scripts/test share: how they speak, and how long work shows that it is alive.

quiet=${quiet:-false}

# say LINE: what goes on; not with --quiet.
say() { "$quiet" || printf '%s\n' "$*"; }

# tell LINE: what changes something on this machine; always.
tell() { printf '%s\n' "$*"; }

warn() { printf 'warning: %s\n' "$*" >&2; }

# fail LINE: one clear line saying what to do, and the end.
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Logs of the steps; kept only when one of them failed.
logs=$(mktemp -d "${TMPDIR:-/tmp}/contactcenter-setup.XXXXXX")
step_pid=
log=
keep_logs=false

clean_up() {
  local status=$?
  trap - EXIT
  if [[ -n $step_pid ]]; then kill -- "-$step_pid" 2>/dev/null || true; fi
  if declare -F clean_up_more >/dev/null; then clean_up_more; fi
  if ! "$keep_logs"; then rm -rf "$logs"; fi
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# step TEXT COMMAND...: runs the command, its output into $log. On a terminal one moving line with the seconds, else a
# line at the start, every 15 s and at the end. Returns the command's status; the caller decides what a failure means.
step() {
  local text=$1 started=$SECONDS status=0 elapsed last_line=0 terminal=false
  shift
  if [[ -t 1 && ${TERM:-dumb} != dumb ]]; then terminal=true; fi
  log=$(mktemp "$logs/step.XXXXXX")
  "$terminal" || tell "$text ..."
  set -m # a process group of its own, so that an interrupted setup ends all of it
  "$@" >"$log" 2>&1 </dev/null &
  step_pid=$!
  set +m
  while kill -0 "$step_pid" 2>/dev/null; do
    elapsed=$((SECONDS - started))
    if "$terminal"; then
      printf '\r%s ... %d s ' "$text" "$elapsed"
    elif ((elapsed - last_line >= 15)); then
      tell "$text ... $elapsed s"
      last_line=$elapsed
    fi
    sleep 0.2
  done
  wait "$step_pid" || status=$?
  step_pid=
  if "$terminal"; then printf '\r\033[K'; fi
  if ((status == 0)); then
    tell "$text: done in $((SECONDS - started)) s"
  else
    tell "$text: failed after $((SECONDS - started)) s"
  fi
  return "$status"
}

# fail_with_log LINE: the end of the last step's output, then the clear line; the whole output stays to be read.
fail_with_log() {
  keep_logs=true
  tail -n 12 "$log" | sed 's/^/  | /' >&2
  fail "$* (all output: $log)"
}
