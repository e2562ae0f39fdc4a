"""Detection of the encoding of text files, which may be a sentence long."""

import pytest

from messaging.attachments.sandbox.encoding import HEAD, encoding_of

SENTENCES = {
    ("cp1250", "iso8859-2"): [
        "Můžeš mi prosím poslat ten soubor?",
        "Schůzka byla přesunuta na čtvrtek dopoledne.",
        "Cześć, jutro przyjdę dopiero o szóstej.",
        "Spotkanie zostało przesunięte na czwartek.",
        "Szia, holnap csak hat órakor érek oda.",
        "A szerződést a múlt héten írtuk alá.",
    ],
    ("cp1251", "koi8-r", "cp866"): ["Привет, завтра приду только в шесть.", "Не забудь купить хлеб, молоко и яйца."],
    ("cp1251", "koi8-u"): ["Чи можеш надіслати мені цей файл?", "Зустріч перенесено на четвер уранці."],
    ("cp1252",): [
        "Salut, demain j’arriverai seulement à six heures.",
        "Les élèves sont allés à l'école à pied.",
        "Hallo, morgen komme ich erst um fünf.",
        "Die Besprechung wurde auf nächsten Donnerstag verschoben.",
        "¿Puedes enviarme ese archivo, por favor?",
        "Mødet er flyttet til torsdag formiddag.",
        "naïve café",
        "# Größe in Bytes\nSIZE = 4096\n",
        "Copyright © 1999 Acme Corp.",
        "“Yes” – it’s 25 °C here…",
    ],
    ("cp1253", "iso8859-7"): ["Μπορείς να μου στείλεις το αρχείο;", "Απόψε θα έχουμε επισκέπτες από την Πάτρα."],
    ("cp1254",): ["Toplantı perşembe sabahına ertelendi.", "Çocuklar okula yürüyerek gitti."],
    ("cp1255",): ["אתה יכול לשלוח לי את הקובץ?", "הפגישה נדחתה ליום חמישי בבוקר."],
    ("cp1256",): ["هل يمكنك أن ترسل لي ذلك الملف؟", "القطار متأخر نصف ساعة، آسف."],
    ("cp932", "euc-jp"): ["会議は木曜日の午前に変更されました。", "電車が三十分遅れています。すみません。"],
    ("gb18030",): ["你好，我明天六点才到。", "别忘了买面包、牛奶和鸡蛋。"],
    ("big5",): ["你能把那個檔案傳給我嗎？", "會議改到星期四上午了。"],
    ("cp949",): ["그 파일을 보내 주실 수 있나요?", "회의가 목요일 오전으로 변경되었습니다."],
}
UNICODE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")


@pytest.mark.parametrize(
    ("sentence", "encoding"),
    [
        (sentence, encoding)
        for encodings, sentences in SENTENCES.items()
        for sentence in sentences
        for encoding in (*encodings, *UNICODE)
    ],
)
def test_sentence_is_read_in_its_encoding(sentence, encoding):
    content = f"{sentence}\n".encode(encoding)
    assert content.decode(encoding_of(content)) == f"{sentence}\n"


def test_detection_may_end_within_a_line():
    text = "Příliš žluťoučký kůň úpěl ďábelské ódy.\n" * 2_000
    assert encoding_of(text.encode("cp1250")[:HEAD]) == "cp1250"
    assert encoding_of(("你能把那个文件发给我吗？\n" * 5_000).encode("gb18030")[:HEAD]) == "gb18030"


def test_no_word_is_read_in_two_alphabets():
    """By the frequencies of their letters alone, these texts would be partly Cyrillic and Greek."""
    for text, encoding in [("à l'école", "cp1252"), ("kůň úpěl ďábelské", "cp1250")]:
        assert text.encode(encoding).decode(encoding_of(text.encode(encoding))) == text
