"""A contact center engine on Asterisk.

The way of a call, and where each step lives:

 1. INVITE reaches the hotline, Asterisk asks over FastAGI  contactcenter.asterisk, contactcenter.reception, contactcenter.journey
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

A controller that ends at any of them leaves its calls to the next one: contactcenter.recovery finds them, contactcenter.calls.standing tells
where each stood, contactcenter.resumed goes on. contactcenter.standby is a second controller that waits.
"""

__version__ = "0.1.0"
