"""The rooms of the demonstration and what is said in them.

A line that begins with '^' answers the one before it; with '+', the same person goes on.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, product


@dataclass(frozen=True)
class MemberKey:
    name: str
    topic: str
    lines: tuple[str, ...]
    kind: str = "public"


EVERYONE = (
    "Good morning, everybody. The kitchen is open again, and there is cake.",
    "^What kind? This decides whether I come down now or at eleven.",
    "^Plum. I would come now.",
    "The lift is being serviced until noon. Stairs are free.",
    "Reminder: the *quarterly letter* goes out on Friday. If you have a paragraph for it, send it to me by Wednesday.",
    "^Mine is nearly done. Can it have a picture?",
    "^One picture, yes. Please not the one with the goat.",
    "+The goat stays in our hearts.",
    "Welcome to Ngọc, who joins us today! Say hello when you see her by the window.",
    "^Hello all, and thank you. I have already found the good coffee machine.",
    "^Then you know everything that matters.",
    "Does anybody have a spare adapter for the big screen in the river room?",
    "^Second drawer, under the cables that nobody dares to throw away.",
    "صباح الخير جميعًا! الاجتماع اليوم في الساعة العاشرة، وليس التاسعة.",
    "^شكرًا ليلى، كنت سأصل مبكرًا جدًا.",
    "The office is closed on the 5th. The site is not, of course.",
    "Lost: one blue umbrella with a wooden handle. Found: three black ones. Nobody ever loses a black one, it seems.",
    "We passed **ten thousand** messages last week. Most of them were about lunch.",
)

PLACES = [
    MemberKey(
        "Launch week",
        "Ship on Thursday. Decisions here, noise in Everyone.",
        (
            "The staging site survives a restart under load now. Log from the last run:\n\n```\n"
            "posted     12,000\nacknowledged 12,000\nlost            0\ntwice           0\n```",
            "^That is the table I wanted to see.",
            "Can you look at the copy for the front page? I think the second line is too clever.",
            "^Agreed. “Talk to everyone, or to one.” Plain and true.",
            "^Take it. I have changed it everywhere.",
            "Open before Thursday:\n\n1. the pictures for the press page\n"
            "2. the e-mail that goes to the old customers\n3. somebody who *reads it all aloud once*",
            "^I take 3. My neighbours will be delighted.",
            "^2 is written, it only needs a second pair of eyes.",
            "This is the snippet that prints the address:\n\n```sh\nbin/serve\n# Chatsite is at http://127.0.0.1:8000\n```",
            "+Works on the oldest machine we have, too.",
            "Do we say *sign in* or *log in*? We have both on the same page.",
            "^Log in. And 'log out', not 'sign off'.",
            "Rehearsal is tomorrow at ten. Please have the site open on a phone as well, we want to see both.",
            "^Mine is from 2017, that should be a fair test.",
            "> Nothing lost, nothing sent twice.\n\nMay we put this on the front page, or is it boasting?",
            "^It is only boasting if it is not true.",
            "The tunnel test went well: Basel to Olten, eleven minutes offline, all nine messages there, in order.",
            "^I was on the other side of it. They came in one after the other like pearls.",
            "Final list is in the shared folder. If your name stands beside something, it is yours.",
        ),
    ),
    MemberKey(
        "Design",
        "Colours, words, and the space between them",
        (
            "The green is `oklch(51% .105 168)` in the light and 70 % in the dark. Contrast: 4.9 and 7.2.",
            "^Much better on the cheap screens. The old one looked like toothpaste.",
            "The empty state: 'No messages', or 'Nothing has been said here yet.' Which?",
            "^The second. An empty room is not an error.",
            "I would like to take the borders away between the messages of one person. They belong together.",
            "^Tried it in the browser: reads like a book. Keep.",
            "次の画面ですが、日付の区切り線をもう少し薄くしてもいいですか？",
            "^いいと思います。週末に見直しましょう。",
            "Right to left is done for the sidebar. The arrow of 'reply' points the wrong way still:\n\n"
            '```css\n[dir="rtl"] .reply svg { scale: -1 1; }\n```',
            "^Put it where the icon is defined and it is solved everywhere.",
            "Long names break beautifully now, see Wilhelmina in the member list.",
            "^At last. I have waited for this all my life.",
            "Reminder that motion is *felt rather than seen*: 120 ms, and none at all for those who asked for none.",
            "Icons are drawn on a 16 grid, 1.5 stroke, round ends. Please do not add filled ones, they shout.",
            "^Even the trash?",
            "^Especially the trash.",
        ),
    ),
    MemberKey(
        "Support",
        "What people ask, and what we answered",
        (
            "Someone asks whether a deleted message is really gone or only hidden.",
            "^Gone. Text, earlier versions, all of it. Only its number stays, so that the count has no hole.",
            "Question from the school in Ghent: how many people can be in one room?",
            "^They want 1,200. We measured 1,000 in one room: everybody had the message after 17 ms (median).",
            "Two reports today of 'it says offline'. Both were on the train.",
            "+I told them that what they write is kept and sent when the line is back, and that is what happened.",
            "How do I change somebody's name for them? They married and the old one hurts.",
            "^They can do it themselves under *Profile*; the change shows at once, also at old messages.",
            "A customer would like the messages as a file. Do we have that?",
            "^Not yet. Note it with the date, please, that is the fourth one who asks.",
            "Доброго дня! Клієнт питає, чи працює чат без інтернету у внутрішній мережі.",
            "^Так: сторінка нічого не бере з інших серверів.",
            "The answer to 'is there an app' is: open the page on the phone, and put it on the home screen.",
            "Closed today: 14. Open: 3. One of the three is a poem.",
        ),
    ),
    MemberKey(
        "Infrastructure",
        "Servers, backups, and the pager",
        (
            "Backup of last night restored on the spare machine: 2 min 40 s, checksums equal.",
            "^Thank you for restoring it. A backup that nobody restored is a wish.",
            "Disk on rack4 is at 71 %. It grows 0.4 % a week, so there is time, but not for ever.",
            "I moved the database to its own volume. Commits take 1.9 ms instead of 6.",
            "+Nothing else was changed.",
            "Can we agree that restarts are announced here first?\n\n- what\n- when\n- who watches",
            "^Yes. And that the server says so itself: the pages come back on their own now.",
            "```python\ndef backoff(attempt: int) -> float:\n"
            "    return random.uniform(0.5, min(30, 0.5 * 2**attempt))\n```\n\n"
            "Random matters: otherwise a thousand pages come back in the same second.",
            "^We saw exactly that in March. It looked like a heartbeat.",
            "Certificates renew by themselves, next time on the 14th. I will look anyway.",
            "Pager was quiet for 23 days. I am saying it very softly.",
            "^And now you have said it.",
        ),
    ),
    MemberKey(
        "Kitchen table",
        "Lunch, weather, and everything else",
        (
            "Soup today: lentils with lemon. There is enough for twelve.",
            "^Put me down. And Samir, he does not know it yet.",
            "It is snowing in Umeå. In *November*, as it should.",
            "^Here it is 24 degrees and I am wearing a coat out of solidarity.",
            "Does anyone play the cello? We have three violins and a kazoo.",
            "^I play the cello badly and with great joy.",
            "^You are exactly who we need.",
            "김치찌개 먹을 사람?",
            "^저요! 12시 반에 만나요.",
            "My tomatoes have ripened on the window sill. I am told this is not possible.",
            "Recipe, as promised:\n\n1. onions, slowly\n2. more onions\n3. patience\n4. bread",
            "^Instructions unclear, I now own nine kilos of onions.",
            "Who left the poem at the coffee machine? It is very good.",
        ),
    ),
    MemberKey(
        "Reading group · 読書会",
        "One book a month, no hurry",
        (
            "For December: *The Summer Book* by Tove Jansson. It is thin, so there are no excuses.",
            "^I have read it four times and will gladly make it five.",
            "先月の本はとても静かで、最後の章が特に好きでした。",
            "^Me too. The last chapter asks nothing and you answer anyway.",
            "Shall we meet in the river room or here?",
            "^Here, so that those in other time zones can join. Thursday, 17:00 UTC?",
            "^Works in Seoul if I stay up, and I will.",
            "Question for the evening: is the island a place or a person?",
            "הספר הזה מזכיר לי את הקיץ אצל סבתא.",
            "^Then you must tell us about her on Thursday.",
        ),
    ),
    MemberKey(
        "Founders",
        "Numbers, hiring, and doubts",
        (
            "November so far: 31 new sites, 4 left. Two of the four came back the same day.",
            "^Why did they leave?",
            "^One merged with another team, one forgot that they had us. I take that as praise.",
            "I would like to hire a second person for support before Christmas.",
            "^Yes. Write down what the first week looks like, then we look for somebody.",
            "The bank wants to know what we do 'in one sentence'.",
            "^We make rooms in which people can talk, on their own machine.",
            "+No comma would be better, but it is true.",
            "Please keep this here for now; I tell everybody on Monday myself.",
        ),
        kind="private",
    ),
]

BETWEEN_TWO = (
    "Do you have five minutes?",
    "^For you, ten.",
    "I read your draft. The middle part is *excellent*, the beginning takes too long.",
    "^You are right. I wrote the beginning first and never looked at it again.",
    "Could you take the meeting at three? I am at the dentist.",
    "^Of course. Good luck, and no sugar afterwards.",
    "Thank you for yesterday. It helped more than you think.",
    "^Any time. I mean it.",
    "This is the line I meant:\n\n```\nseq = room.last_seq + 1\n```",
    "^Ah. Now I see it too.",
    "Lunch tomorrow?",
    "^Yes! The place with the green door.",
)

SMALL_TALK = tuple(
    (
        "Thank you!|Done.|I will look at it this afternoon.|Good idea.|👍|Makes sense to me.|"
        "Can you send me the link?|On my way.|Let us talk about it tomorrow.|That was quick!|"
        "I had the same thought this morning.|No objections.|Noted, with thanks.|"
        "Give me ten minutes.|Ha, yes.|Same here.|It works on my side now.|"
        "Who else should see this?|I am for it.|Could somebody check the second point?|"
        "Better than the last version, really.|🎉|I will write it down.|Back in half an hour.|"
        "Merci !|¡Perfecto!|Danke, das hilft.|ありがとうございます。|شكرًا جزيلًا|"
        "I have tried it twice now and it holds.|Let us keep it simple.|See you at ten.|"
        "Can this wait until Monday?|It can.|I have added it to the list.|"
        "That is what I hoped to hear.|Let me ask Mira.|Good night, everybody."
    ).split("|")
)

BIRDS = (
    "Heron Plover Siskin Avocet Curlew Dunlin Egret Fulmar Godwit Hoopoe Kestrel Lapwing Merlin Nuthatch Oriole".split()
)
TRADES = "Project Team Circle Class Workshop Committee".split()


def places(number: int) -> list[MemberKey]:
    """`number` rooms besides 'Everyone'; the same ones every time."""
    endless = _endless()
    return [next(endless) for _ in range(number)]


def _endless() -> Iterator[MemberKey]:
    yield from PLACES
    for trade, bird in product(TRADES, BIRDS):
        yield MemberKey(f"{trade} {bird}", f"Everything about {bird.lower()}s, and the work", SMALL_TALK)
    for number in count(1):
        yield MemberKey(f"Room {number}", "", SMALL_TALK)
