"""Alembic's environment: it runs on the connection that it is handed, inside the transaction that is open there."""

from alembic import context

config = context.config
context.configure(
    connection=config.attributes["connection"],
    target_metadata=config.attributes.get("metadata"),
    render_item=config.attributes.get("render_item"),
    transactional_ddl=False,
)
context.run_migrations()
