"""The words with which people are asked how our answer was, in the languages that we write in. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """``message`` holds {link}. ``marks`` are for 1 to 5."""

    language: str
    message: str
    title: str
    question: str
    marks: tuple[str, str, str, str, str]
    more: str
    more_help: str
    send: str
    choose: str
    thanks: str
    once: str
    gone: str
    private: str


WORDS = {
    "en": Words(
        "en",
        "How satisfied are you with our answer? One click helps us: {link}",
        "How was our answer?",
        "How satisfied are you with our answer?",
        ("Not at all", "Rather not", "Partly", "Satisfied", "Very satisfied"),
        "What should we know? (optional)",
        "Only the team that answered you reads it.",
        "Send",
        "Choose one of the five.",
        "Thank you. Your answer has arrived.",
        "This link took one answer.",
        "This link no longer asks anything.",
        "Your answer is kept with your conversation and is deleted together with it.",
    ),
    "de": Words(
        "de",
        "Wie zufrieden sind Sie mit unserer Antwort? Ein Klick hilft uns: {link}",
        "Wie war unsere Antwort?",
        "Wie zufrieden sind Sie mit unserer Antwort?",
        ("Gar nicht", "Eher nicht", "Teils, teils", "Zufrieden", "Sehr zufrieden"),
        "Was sollten wir wissen? (freiwillig)",
        "Nur das Team, das Ihnen geantwortet hat, liest es.",
        "Absenden",
        "Wählen Sie eine der fünf Möglichkeiten.",
        "Danke. Ihre Antwort ist angekommen.",
        "Dieser Link hat eine Antwort angenommen.",
        "Dieser Link fragt nichts mehr.",
        "Ihre Antwort wird bei Ihrer Unterhaltung aufbewahrt und mit ihr gelöscht.",
    ),
    "fr": Words(
        "fr",
        "Êtes-vous satisfait de notre réponse ? Un clic nous aide : {link}",
        "Comment était notre réponse ?",
        "Êtes-vous satisfait de notre réponse ?",
        ("Pas du tout", "Plutôt pas", "En partie", "Satisfait", "Très satisfait"),
        "Que devrions-nous savoir ? (facultatif)",
        "Seule l’équipe qui vous a répondu le lit.",
        "Envoyer",
        "Choisissez une des cinq réponses.",
        "Merci. Votre réponse est arrivée.",
        "Ce lien a reçu une réponse.",
        "Ce lien ne demande plus rien.",
        "Votre réponse est conservée avec votre conversation et supprimée avec elle.",
    ),
    "es": Words(
        "es",
        "¿Está satisfecho con nuestra respuesta? Un clic nos ayuda: {link}",
        "¿Qué le pareció nuestra respuesta?",
        "¿Está satisfecho con nuestra respuesta?",
        ("Nada", "Más bien no", "En parte", "Satisfecho", "Muy satisfecho"),
        "¿Qué deberíamos saber? (opcional)",
        "Solo lo lee el equipo que le respondió.",
        "Enviar",
        "Elija una de las cinco opciones.",
        "Gracias. Su respuesta ha llegado.",
        "Este enlace ya recibió una respuesta.",
        "Este enlace ya no pregunta nada.",
        "Su respuesta se guarda con su conversación y se borra con ella.",
    ),
}  # fmt: skip


def words_for(language: str) -> Words:
    """In the language of what they wrote, as far as we have it; else in English."""
    return WORDS.get(language.split("-")[0].casefold(), WORDS["en"])
