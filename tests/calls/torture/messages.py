"""SIP messages after RFC 4475 (sections in the names), addressed to a hotline. `%OWN%` stands for the sender's address and port, `%TO%` for the server's."""

HEAD = (
    "Via: SIP/2.0/UDP %OWN%;branch=z9hG4bK{id};rport\r\nMax-Forwards: 70\r\n"
    "From: <sip:13800000007@example.com>;tag=t{id}\r\nTo: <sip:4001234567@%TO%>\r\nCall-ID: {id}@torture\r\n"
    "CSeq: 1 {method}\r\nContact: <sip:13800000007@%OWN%>\r\n"
)
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"


def ordinary(
    name: str, method: str = "INVITE", *, more: str = "", body: str = SDP, length: int | str | None = None
) -> str:
    head = HEAD.format(id=name, method=method)
    size = len(body) if length is None else length
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return f"{method} sip:4001234567@%TO% SIP/2.0\r\n{head}{more}{kind}Content-Length: {size}\r\n\r\n{body}"


def changed(name: str, old: str, new: str, method: str = "INVITE") -> str:
    text = ordinary(name, method)
    assert old in text
    return text.replace(old, new, 1)


MESSAGES: dict[str, bytes] = {
    name: text if isinstance(text, bytes) else text.encode()
    for name, text in {
        # valid, though strange
        "3.1.1.1 a short tortuous INVITE": (
            "INVITE sip:4001234567@%TO%;unknownparam SIP/2.0\r\nTO :\r\n sip:4001234567@%TO% ;   tag    = 1918181833n\r\n"
            'from   : "J Rosenberg \\\\\\""       <sip:13800000007@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n'
            "MaX-fOrWaRdS: 0068\r\nCall-ID: 3111\r\nCSeq: 0009\r\n  INVITE\r\n"
            "Via  : SIP  /   2.0\r\n /UDP\r\n    %OWN%;branch=390skdjuw\r\ns :\r\nNewFangledHeader:   newfangled value\r\n"
            " continued newfangled value\r\nUnknownHeaderWithUnusualValue: ;;,,;;,;\r\nContent-Type: application/sdp\r\n"
            "Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n"
            "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n"
            " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"
            'm:"Quoted string \\"\\"" <sip:jdrosen@%OWN%> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = 0.33\r\n'
            f"l: {len(SDP)}\r\n\r\n{SDP}"
        ),
        "3.1.1.2 a wide range of characters": (
            "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*"
            ":&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@%TO% SIP/2.0\r\nVia: SIP/2.0/UDP %OWN%;branch=z9hG4bK-.!%66*_+`'~\r\n"
            "To: \"BEL:\x07 NUL:\x00 DEL:\x7f\" <sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@%TO%>\r\n"
            "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"\xd1\x80\";tag=_token~1'+`*%!-.\r\n"
            "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\r\nCSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~\r\n"
            "Max-Forwards: 255\r\nextensionHeader-!.%*+_`'~:\xef\xbb\xbf\xe5\xa4\xa7\xe5\x81\x9c\xe9\x9b\xbb\r\nContent-Length: 0\r\n\r\n"
        ),
        "3.1.1.3 percent escapes": changed("3113", "sip:4001234567@%TO% SIP", "sip:400123456%37@%TO% SIP"),
        "3.1.1.4 an escaped null": changed("3114", "sip:4001234567@%TO% SIP", "sip:null-%00-null@%TO% SIP", "OPTIONS"),
        "3.1.1.5 a percent that escapes nothing": changed("3115", "INVITE sip:4001234567", "RE%47IST%45R sip:4001234567"),
        "3.1.1.6 no space before <": changed("3116", "From: <", "From: caller<", "OPTIONS"),
        "3.1.1.7 long values": ordinary("3117", more=f"X-Long: {'a' * 6000}\r\nVia: SIP/2.0/UDP {'h' * 200}.example;branch=z\r\n" * 2),
        "3.1.1.8 bytes after the message": ordinary("3118", "OPTIONS", body="") + "INVITE sip:x@y SIP/2.0\r\n\r\n",
        "3.1.1.9 semicolons in the user": changed("3119", "sip:4001234567@%TO% SIP", "sip:user;par=u%40example.net@%TO% SIP"),
        "3.1.1.10 several transports in Via": ordinary("31110", "OPTIONS", more="Via: SIP/2.0/SCTP 192.0.2.1;branch=z\r\n", body=""),
        "3.1.1.11 a multipart body": ordinary("31111", body="--7\r\nContent-Type: text/plain\r\n\r\nHi\r\n--7--\r\n").replace(
            "application/sdp", "multipart/mixed;boundary=7"
        ),
        # broken
        "3.1.2.1 commas and semicolons that separate nothing": changed("3121", ";tag=t3121", ";;,;,,", "INVITE"),
        "3.1.2.2 a length that is too long": ordinary("3122", length=9999),
        "3.1.2.3 a negative length": ordinary("3123", length=-999),
        "3.1.2.4 numbers that are too large": changed("3124", "CSeq: 1 ", "CSeq: 36893488147419103232 ", "REGISTER").replace(
            "Max-Forwards: 70", "Max-Forwards: 300\r\nExpires: 10000000000000000000000000000"
        ),
        "3.1.2.5 an answer with numbers too large": (
            "SIP/2.0 503 Service Unavailable\r\nVia: SIP/2.0/UDP %OWN%;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\n"
            "Call-ID: 3125\r\nCSeq: 9292394834772304023312 OPTIONS\r\nRetry-After: 949302838503028349304023988\r\n"
            'Warning: 1812 overture "In Progress"\r\nContent-Length: 0\r\n\r\n'
        ),
        "3.1.2.6 a quote that never ends": changed("3126", "From: <", 'From: "Mr. J. User <'),
        "3.1.2.7 a URI in angle brackets": changed("3127", "INVITE sip:4001234567@%TO%", "INVITE <sip:4001234567@%TO%>"),
        "3.1.2.8 white space in the URI": changed("3128", "4001234567@%TO% SIP", "4001234567@%TO%; lr SIP"),
        "3.1.2.9 many spaces in the first line": changed("3129", "INVITE sip", "INVITE   sip"),
        "3.1.2.10 spaces at the end of the first line": changed("31210", " SIP/2.0\r\n", " SIP/2.0  \r\n", "OPTIONS"),
        "3.1.2.11 headers escaped into the URI": changed("31211", "4001234567@%TO% SIP", "4001234567@%TO%?Route=%3Csip:x%3E SIP"),
        "3.1.2.12 a time zone that is none": ordinary("31212", more="Date: Fri, 01 Jan 2010 16:00:00 EST\r\n"),
        "3.1.2.13 a user that is no name-addr": changed("31213", "Contact: <sip:13800000007@%OWN%>", "Contact: sip:a@b?Route=%3C;lr%3E"),
        "3.1.2.14 spaces within a name-addr": changed("31214", "<sip:4001234567@%TO%>", "Watson <sip:4001234567@%TO% > ", "OPTIONS"),
        "3.1.2.15 bytes that are no UTF-8": ordinary("31215", more="Subject: \xff\xfe\r\n").encode("latin-1"),
        "3.1.2.16 methods that differ": changed("31216", "CSeq: 1 INVITE", "CSeq: 1 OPTIONS"),
        "3.1.2.17 an unknown method that differs": changed("31217", "INVITE sip", "NEWMETHOD sip"),
        "3.1.2.18 a version that is not spoken": changed("31218", "SIP/2.0\r\n", "SIP/7.0\r\n", "OPTIONS"),
        "3.1.2.19 an answer nobody asked for, 4 digits": (
            "SIP/2.0 4294967301 better not break the receiver\r\nVia: SIP/2.0/UDP %OWN%;branch=z9hG4bKy\r\nCall-ID: 31219\r\n\r\n"
        ),
        "3.3.1 headers that are missing": "INVITE sip:4001234567@%TO% SIP/2.0\r\nCSeq: 193942 INVITE\r\nVia: SIP/2.0/UDP %OWN%\r\n\r\n",
        "3.3.2 a scheme that is not known": changed("332", "INVITE sip:4001234567@%TO%", "INVITE nobodyKnowsThisScheme:totallyopaque"),
        "3.3.4 unknown schemes in To and From": changed("334", "To: <sip:", "To: <isbn:2983792873"),
        "3.3.5 what must be understood, twice": ordinary("335", more="Require: nothingSupportsThis, nothingSupportsThisEither\r\n"),
        "3.3.7 headers that may be there once": ordinary("337", more="CSeq: 5 INVITE\r\nMax-Forwards: 5\r\nFrom: <sip:x@y>;tag=q\r\n"),
        "3.3.9 several values of Content-Length": ordinary("339", "OPTIONS", more="Content-Length: 99\r\n", body=""),
        "3.3.10 200 for a broadcast Via": (
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923\r\nVia: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1\r\n"
            "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: 3310\r\nCSeq: 35 INVITE\r\nContent-Length: 0\r\n\r\n"
        ),
        "3.3.11 no hops left": changed("3311", "Max-Forwards: 70", "Max-Forwards: 0", "OPTIONS"),
        "3.3.14 a body of an unknown kind": ordinary("3314", body="<audio>").replace("application/sdp", "application/unknownformat"),
        "3.4.1 INVITE as of RFC 2543": (
            "INVITE sip:4001234567@%TO% SIP/2.0\r\nVia: SIP/2.0/UDP %OWN%\r\nFrom: <sip:13800000007@example.com>\r\n"
            f"To: <sip:4001234567@%TO%>\r\nCall-ID: 341\r\nCSeq: 1 INVITE\r\nContact: <sip:1@%OWN%>\r\nContent-Type: application/sdp\r\n\r\n{SDP}"
        ),
        # not of the RFC
        "nothing but line ends": "\r\n\r\n\r\n\r\n",
        "zeros": bytes(1200),
        "a body that is no SDP": ordinary("sdp1", body="v=0\r\no=\r\nm=audio 99999999 RTP/AVP 1 2 3 x y z\r\nc=IN IP4 ...\r\n"),
        "as large as UDP can be": ordinary("large", more="X-A: b\r\n" * 7000),
    }.items()
}  # fmt: skip
