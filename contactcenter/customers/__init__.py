"""Customers: companies and contacts, who is calling, and whether their service is paid for."""
