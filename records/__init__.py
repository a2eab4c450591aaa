"""The memory: schema, migrations and every PostgreSQL statement. Only here is psycopg imported."""
