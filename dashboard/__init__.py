"""HTTP and WebSocket API, and the page of the command centre. Only here is fastapi imported."""
