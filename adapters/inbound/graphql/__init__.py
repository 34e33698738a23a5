"""GraphQL: schema, resolvers, limits, the Flask view."""
