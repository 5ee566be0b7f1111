"""python -m contactcenter"""

from contactcenter.cli.main import main

main()
