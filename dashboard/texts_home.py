"""What the first page, the assistant's and the campaigns' say, per language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HomeTexts:
    """The first page."""

    title: str
    today: str
    calls: str
    live: str
    """How many calls are going on."""
    messages: str
    received: str
    """How many went out; the big number is of those that came in."""
    lost: str
    """How many did not arrive."""
    chats: str
    """How many chats are going on."""
    first_word: str
    most_wait: str
    """What 95 in 100 do not wait longer than, and of how many answers that is."""
    no_answers: str
    waiting: str
    held: str
    """How many conversations a person has."""
    used: str
    """What was used of the model: the big number is its cost, or else its tokens."""
    tokens: str
    """How many of the tokens were read, and how many written."""
    cost: str
    """What the tokens cost by the prices that are set."""
    no_prices: str
    call_time: str
    """How long today's calls lasted, together."""
    last_days: str
    calls_by_day: str
    messages_by_day: str
    in_numbers: str
    day: str
    nobody_yet: str
    try_phone: str
    try_whatsapp: str
    off_title: str
    off_how: str
    no_worker: str
    all_set: str


HOME = {
    "es": HomeTexts(
        title="Inicio",
        today="Hoy",
        calls="Llamadas",
        live="en curso: {count}",
        messages="Mensajes recibidos",
        received="enviados: {sent}",
        lost="sin entregar: {count}",
        chats="chats en los últimos 10 min: {count}",
        first_word="Espera hasta la primera palabra",
        most_wait="el 95 % no pasa de {seconds} (respuestas: {count})",
        no_answers="hoy no se ha contestado nada por teléfono",
        waiting="Esperan a una persona",
        held="conversaciones que lleva una persona: {count}",
        used="Tokens del modelo",
        tokens="leídos: {read} · escritos: {written}",
        cost="Gasto en el modelo",
        no_prices="sin gasto: faltan los precios, OPENAI_PRICE_IN y OPENAI_PRICE_OUT",
        call_time="duración en total: {time}",
        last_days="Los últimos 14 días",
        calls_by_day="Llamadas por día",
        messages_by_day="Mensajes de WhatsApp por día, recibidos y enviados",
        in_numbers="En cifras",
        day="Día",
        nobody_yet="Todavía no ha llamado ni escrito nadie. Pruébelo desde aquí mismo, sin cuenta de nada:",
        try_phone="llamar desde el navegador",
        try_whatsapp="escribir por WhatsApp desde el navegador",
        off_title="Sin configurar",
        off_how="Cada variable se escribe en el fichero .env (en .env.example hay una línea de ejemplo) y vale desde "
        "el siguiente arranque.",
        no_worker="El proceso de trabajos no está en marcha: lo que hay que enviar o resumir espera. ./start.sh lo "
        "arranca; sin él, flask --app app worker.",
        all_set="Está todo configurado.",
    ),
    "en": HomeTexts(
        title="Home",
        today="Today",
        calls="Calls",
        live="going on: {count}",
        messages="Messages received",
        received="sent: {sent}",
        lost="not delivered: {count}",
        chats="chats in the last 10 min: {count}",
        first_word="Wait for the first word",
        most_wait="95 % wait no longer than {seconds} (answers: {count})",
        no_answers="nothing was answered by phone today",
        waiting="Waiting for a person",
        held="conversations that a person has: {count}",
        used="Tokens of the model",
        tokens="read: {read} · written: {written}",
        cost="Spent on the model",
        no_prices="no cost: its prices are not set, OPENAI_PRICE_IN and OPENAI_PRICE_OUT",
        call_time="in all they lasted {time}",
        last_days="The last 14 days",
        calls_by_day="Calls by day",
        messages_by_day="WhatsApp messages by day, in and out",
        in_numbers="In numbers",
        day="Day",
        nobody_yet="Nobody has called or written yet. Try it from here, with no account of any kind:",
        try_phone="call from the browser",
        try_whatsapp="write on WhatsApp from the browser",
        off_title="Not configured",
        off_how="Each variable goes into the file .env (.env.example has a sample line of each) and counts from the "
        "next start.",
        no_worker="The worker is not running: what is to be sent or summarised waits. ./start.sh starts it; without "
        "that, flask --app app worker does.",
        all_set="Everything is configured.",
    ),
}


@dataclass(frozen=True)
class AssistantTexts:
    """The profile in force."""

    title: str
    name: str
    business: str
    language: str
    voice: str
    zone: str
    model: str
    file: str
    change: str
    """How to change all of it."""
    try_it: str
    try_phone: str
    try_whatsapp: str
    greeting: str
    greeting_outbound: str
    voicemail: str
    instructions: str
    facts: str
    faq: str
    hints: str
    hints_why: str
    phrases: str
    phrases_why: str
    show_all: str
    none: str


ASSISTANT = {
    "es": AssistantTexts(
        title="Asistente",
        name="Nombre",
        business="Negocio",
        language="Idioma",
        voice="Voz",
        zone="Zona horaria",
        model="Modelo",
        file="Perfil",
        change="Se cambia en ese fichero; docs/assistant.md explica cada clave. Vale desde el siguiente arranque.",
        try_it="Pruébelo",
        try_phone="Llamar",
        try_whatsapp="Escribir",
        greeting="Al descolgar",
        greeting_outbound="Cuando es él quien llama",
        voicemail="En un contestador",
        instructions="Instrucciones",
        facts="Lo que sabe",
        faq="Preguntas frecuentes",
        hints="Palabras que conviene reconocer",
        hints_why="Ayudan a entender a quien llama.",
        phrases="Lo que se oye sin que lo escriba el modelo",
        phrases_why="Cada una se puede decir de otra manera en la tabla [phrases] del perfil.",
        show_all="Verlas todas",
        none="Nada.",
    ),
    "en": AssistantTexts(
        title="Assistant",
        name="Name",
        business="Business",
        language="Language",
        voice="Voice",
        zone="Time zone",
        model="Model",
        file="Profile",
        change="Change it in that file; docs/assistant.md explains every key. It counts from the next start.",
        try_it="Try it",
        try_phone="Call",
        try_whatsapp="Write",
        greeting="When it picks up",
        greeting_outbound="When it is the one who calls",
        voicemail="On an answering machine",
        instructions="Instructions",
        facts="What it knows",
        faq="Frequent questions",
        hints="Words to be recognised",
        hints_why="They help to understand callers.",
        phrases="What is heard that no model wrote",
        phrases_why="Each can be said otherwise in the profile's table [phrases].",
        show_all="Show them all",
        none="Nothing.",
    ),
}


@dataclass(frozen=True)
class CampaignTexts:
    """The place of campaigns."""

    title: str
    nothing: str


CAMPAIGNS = {
    "es": CampaignTexts(
        title="Campañas",
        nothing="Aquí se verá cada campaña: a quién se escribe o se llama, cómo va, y los botones para pausarla y "
        "seguir. Todavía no se pueden crear.",
    ),
    "en": CampaignTexts(
        title="Campaigns",
        nothing="Each campaign will be shown here: who is written to or called, how it goes, and the buttons to pause "
        "it and go on. They cannot be created yet.",
    ),
}
