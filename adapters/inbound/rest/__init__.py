"""REST and webhooks by flask-smorest: routes, schemas, problem details, rate limits."""
