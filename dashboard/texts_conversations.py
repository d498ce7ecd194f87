"""What the list of conversations and a conversation's page say, per language."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ConversationTexts:
    """The list, the search, and one conversation."""

    title: str
    search: str
    search_hint: str
    look: str
    channel: str
    state: str
    day: str
    any: str
    show: str
    clear: str
    empty: str
    """Nothing was ever said; what to do."""
    none_found: str
    found_people: str
    found_words: str
    found_nothing: str
    looked_back: str
    """Words were looked for back to here:"""
    further_back: str
    with_one: str
    opted_out: str
    person_has_it: str
    """{name} has it"""
    until: str
    assistant_has_it: str
    summary: str
    topic: str
    others: str
    all_of_theirs: str
    contact: str
    began: str
    ended: str
    duration: str
    status: str
    line: str
    """The call went from one number to another."""
    answered_by: str
    answered_by_whom: dict[str, str]
    waits: str
    assistant: str
    writes: str
    """The assistant is writing just now."""
    cut: str
    """What the caller cannot have heard."""
    first_words: str
    tokens: str
    tools: str
    pressed: str
    message_left: str
    no_answer: str
    earlier: str
    to_person: str
    """The conversation goes to a person; {source} asked for it."""
    left_message: str
    taken_by: str
    picture: str
    take_over: str
    transfer: str
    give_back: str
    hand_off: str
    hand_off_reason: str
    hand_off_do: str
    opt_out: str
    opt_out_sure: str
    opt_in: str
    hang_up: str
    hang_up_sure: str
    yes: str
    write: str
    write_hint: str
    send: str
    may_not_arrive: str
    live: str


CONVERSATIONS = {
    "es": ConversationTexts(
        title="Conversaciones",
        search="Buscar",
        search_hint="nombre, número o palabras",
        look="Buscar",
        channel="Canal",
        state="Estado",
        day="Día",
        any="Todos",
        show="Mostrar",
        clear="Quitar filtros",
        empty="Todavía no ha llamado ni escrito nadie. Cuando alguien lo haga, aquí estará lo que se dijo.",
        none_found="Ninguna conversación es así.",
        found_people="Personas",
        found_words="Lo que se dijo",
        found_nothing="No se ha encontrado nada.",
        looked_back="Se ha mirado hasta",
        further_back="Seguir buscando más atrás",
        with_one="con",
        opted_out="no quiere mensajes",
        person_has_it="La lleva {name}",
        until="hasta",
        assistant_has_it="Contesta el asistente",
        summary="Resumen",
        topic="De qué trata",
        others="Sus otras conversaciones",
        all_of_theirs="Todas las suyas",
        contact="Contacto",
        began="Empezó",
        ended="Terminó",
        duration="Duración",
        status="Estado",
        line="Números",
        answered_by="Contestó",
        answered_by_whom={
            "human": "una persona",
            "machine_start": "un contestador",
            "fax": "un fax",
            "unknown": "no se sabe",
        },
        waits="Espera hasta la primera frase, por turno",
        assistant="Asistente",
        writes="está escribiendo…",
        cut="no lo llegó a oír",
        first_words="primera frase a los {time}",
        tokens="{count} tokens",
        tools="herramientas: {names}",
        pressed="pulsó",
        message_left="dejó un recado",
        no_answer="sin respuesta del modelo",
        earlier="Ver lo anterior",
        to_person="Pasa a una persona · {source}",
        left_message="Recado",
        taken_by="La tiene {name}",
        picture="Foto",
        take_over="Llevarla yo",
        transfer="Pasar a una persona",
        give_back="Devolver al asistente",
        hand_off="Avisar a una persona",
        hand_off_reason="Motivo",
        hand_off_do="Avisar",
        opt_out="No enviarle más mensajes",
        opt_out_sure="No se le enviará nada por iniciativa propia hasta que lo pida.",
        opt_in="Volver a enviarle mensajes",
        hang_up="Colgar",
        hang_up_sure="La llamada se corta en el acto.",
        yes="Sí",
        write="Escribir como persona",
        write_hint="Al enviar, la conversación pasa a ser suya y el asistente calla.",
        send="Enviar",
        may_not_arrive="No consta que haya escrito en las últimas 24 horas: WhatsApp puede no entregar texto libre.",
        live="En directo",
    ),
    "en": ConversationTexts(
        title="Conversations",
        search="Search",
        search_hint="name, number or words",
        look="Search",
        channel="Channel",
        state="State",
        day="Day",
        any="All",
        show="Show",
        clear="Clear filters",
        empty="Nobody has called or written yet. When somebody does, what was said will be here.",
        none_found="No conversation is like that.",
        found_people="People",
        found_words="What was said",
        found_nothing="Nothing was found.",
        looked_back="Looked through back to",
        further_back="Go on further back",
        with_one="with",
        opted_out="wants no messages",
        person_has_it="{name} has it",
        until="until",
        assistant_has_it="The assistant answers",
        summary="Summary",
        topic="What it is about",
        others="Their other conversations",
        all_of_theirs="All of theirs",
        contact="Contact",
        began="Began",
        ended="Ended",
        duration="Duration",
        status="Status",
        line="Numbers",
        answered_by="Answered by",
        answered_by_whom={
            "human": "a person",
            "machine_start": "a machine",
            "fax": "a fax",
            "unknown": "not known",
        },
        waits="Wait for the first sentence, by turn",
        assistant="Assistant",
        writes="is writing…",
        cut="did not hear this",
        first_words="first sentence after {time}",
        tokens="{count} tokens",
        tools="tools: {names}",
        pressed="pressed",
        message_left="left a message",
        no_answer="no answer from the model",
        earlier="Show what was before",
        to_person="Goes to a person · {source}",
        left_message="Message",
        taken_by="{name} has it",
        picture="Photo",
        take_over="Take over",
        transfer="Transfer to a person",
        give_back="Give back to the assistant",
        hand_off="Tell a person",
        hand_off_reason="Reason",
        hand_off_do="Tell them",
        opt_out="Send them no more messages",
        opt_out_sure="Nothing is sent to them of our own accord until they ask for it.",
        opt_in="Send them messages again",
        hang_up="Hang up",
        hang_up_sure="The call ends at once.",
        yes="Yes",
        write="Write as a person",
        write_hint="Sending makes the conversation yours, and the assistant falls silent.",
        send="Send",
        may_not_arrive="No message of theirs is known from the last 24 hours: WhatsApp may not deliver free text.",
        live="Live",
    ),
}
