"""Distribution (ACD): which waiting call goes to which agent, decided at the event by one pure engine."""
