"""A contact center engine on Asterisk.

The way of a call, and where each step lives:

 1. INVITE reaches the hotline, Asterisk asks over FastAGI  contactcenter.asterisk, contactcenter.journey
 2. are we open?                                            contactcenter.hours
 3. who is calling? number, then service code               contactcenter.customers
 4. is the service paid for?                                contactcenter.customers
 5. what do they need?                                      contactcenter.ivr
 6. which queue, which priority, and why                    contactcenter.routing
 7. wait, and be offered to agents                          contactcenter.serving, contactcenter.acd, contactcenter.agents,
                                                            contactcenter.recall for who is called back
 8. talk; recorded                                          contactcenter.calls, contactcenter.recording
 9. how was it?                                             contactcenter.survey
10. wrap up                                                 contactcenter.agents
11. one problem, one ticket                                 contactcenter.tickets
12. what did we learn?                                      contactcenter.reports
"""

__version__ = "0.1.0"
