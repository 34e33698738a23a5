"""Typed readers for JSON and XML; errors name the path; unread fields are kept."""
