"""What the terminal says when the assistant is started, in the operator's language."""

TEXTS = {
    "es": {
        "running": "El asistente ya está en marcha en esta carpeta (proceso {pid}): no se arranca otra vez.",
        "taken": "PORT={port} está ocupado por otro programa: ciérrelo o ponga otro PORT.",
        "none_free": "Del {port} en adelante no hay ningún puerto libre: ponga otro PORT.",
        "no_listen": "No se puede escuchar en HOST={host}, PORT={port}: {reason}.",
        "no_data": "No se puede escribir en DATA_DIR={path}: {reason}.",
        "no_migration": "La base de datos no se ha podido preparar (lo dice el mensaje de arriba).",
        "moved": "El puerto {wanted} está ocupado; se usa el {port}.",
        "restart": "[arranque] «{name}» se ha parado (código {code}); se vuelve a arrancar.",
        "giving_up": "[arranque] «{name}» se ha parado cinco veces en un minuto; se para todo.",
        "ending": "[arranque] Parando: se terminan las respuestas en curso.",
        "ready": """
  El asistente contesta en {url}  (estado: {url}/health)
  Para llamarlo desde el navegador: {url}/dashboard/phone
  Para llamarlo desde otra terminal:

      {phone}
{webhook}
  Ctrl+C para terminar.
""",
        "webhook": "\n  Webhook de voz para el número de Twilio: {url}/voice\n",
    },
    "en": {
        "running": "The assistant is already running in this folder (process {pid}): not started again.",
        "taken": "PORT={port} is taken by another program: close it or set another PORT.",
        "none_free": "No port from {port} on is free: set another PORT.",
        "no_listen": "Cannot listen on HOST={host}, PORT={port}: {reason}.",
        "no_data": "Cannot write to DATA_DIR={path}: {reason}.",
        "no_migration": "The database could not be prepared (the message above says why).",
        "moved": "Port {wanted} is taken; using {port}.",
        "restart": '[start] "{name}" ended (code {code}); starting it again.',
        "giving_up": '[start] "{name}" ended five times in a minute; stopping everything.',
        "ending": "[start] Stopping: answers in progress are finished.",
        "ready": """
  The assistant answers at {url}  (health: {url}/health)
  To call it from the browser: {url}/dashboard/phone
  To call it from another terminal:

      {phone}
{webhook}
  Ctrl+C to stop.
""",
        "webhook": "\n  Voice webhook for the Twilio number: {url}/voice\n",
    },
}
