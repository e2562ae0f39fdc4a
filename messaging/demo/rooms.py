"""The demo's rooms and conversations.

A line starting with '^' replies to the previous one; '+' continues with the same sender.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, product


@dataclass(frozen=True)
class DemoRoom:
    name: str
    topic: str
    lines: tuple[str, ...]
    kind: str = "public"


EVERYONE = (
    "Morning all! The kitchen is open again, and there’s cake.",
    "^What kind? Asking for a friend who’s deciding whether to come down now.",
    "^Plum. I’d come now.",
    "The elevator’s being serviced until noon, so it’s the stairs today.",
    "Reminder: the *quarterly letter* goes out on Friday. Send me your paragraphs by Wednesday.",
    "^Mine’s nearly done. Can I add a photo?",
    "^One photo, sure. Just not the one with the goat.",
    "+The goat lives on in our hearts.",
    "Welcome Ngọc, who’s joining us today! Say hi when you see her by the window.",
    "^Hi everyone, thanks! I’ve already found the good coffee machine.",
    "^Then you’re fully onboarded.",
    "Does anyone have a spare adapter for the big screen in the river room?",
    "^Second drawer, under the cables nobody dares throw away.",
    "صباح الخير جميعًا! الاجتماع اليوم في الساعة العاشرة، وليس التاسعة.",
    "^شكرًا ليلى، كنت سأصل مبكرًا جدًا.",
    "The office is closed on the 5th. The site isn’t, obviously.",
    "Lost: one blue umbrella with a wooden handle. Found: three black ones. Apparently nobody ever loses a black one.",
    "We passed **ten thousand** messages last week. Most of them about lunch.",
)

ROOMS = [
    DemoRoom(
        "Launch week",
        "Shipping Thursday. Decisions here, chatter in Everyone.",
        (
            "Staging now survives a restart under load. Log from the last run:\n\n```\n"
            "posted     12,000\nacknowledged 12,000\nlost            0\ntwice           0\n```",
            "^That’s the table I wanted to see 🎉",
            "Can someone look at the copy for the front page? I think the second line’s too clever.",
            "^Agreed. How about “Talk to everyone, or just one”?",
            "^Sold. Changed it everywhere.",
            "Open before Thursday:\n\n1. photos for the press page\n"
            "2. the email to existing customers\n3. someone to *read it all aloud once*",
            "^I’ll take 3. My neighbors will love it.",
            "^2 is written, just needs a second pair of eyes.",
            "Here’s the snippet that prints the address:\n\n```sh\nbin/serve\n# Chatsite is running at http://127.0.0.1:8000\n```",
            "+Even works on the oldest machine we have.",
            "Is it *sign in* or *log in*? We’ve got both on the same page.",
            "^Log in. And log out, not sign off.",
            "Rehearsal’s tomorrow at ten. Have the site open on your phone too, please.",
            "^Mine’s from 2017, so that should be a fair test.",
            "> Nothing lost, nothing sent twice.\n\nCan we put this on the front page, or is that bragging?",
            "^It’s only bragging if it isn’t true.",
            "Tunnel test went well: Basel to Olten, eleven minutes offline, all nine messages arrived in order.",
            "^I was on the other end. They came in one after another, it was beautiful.",
            "Final list’s in the shared folder. If your name’s next to it, it’s yours.",
        ),
    ),
    DemoRoom(
        "Design",
        "Colors, type, and white space",
        (
            "The green is `oklch(51% .105 168)` in the light and 70 % in the dark. Contrast: 4.9 and 7.2.",
            "^Way better on cheap screens. The old one looked like toothpaste.",
            "For the empty state: “No messages” or “No messages yet. Say hello!”?",
            "^The second. An empty room isn’t an error.",
            "Can we drop the borders between messages from the same person? They belong together.",
            "^Just tried it. Reads like a book. Keep!",
            "次の画面ですが、日付の区切り線をもう少し薄くしてもいいですか？",
            "^いいと思います。週末に見直しましょう。",
            "Right-to-left is done for the sidebar. The reply arrow still points the wrong way:\n\n"
            '```css\n[dir="rtl"] .reply svg { scale: -1 1; }\n```',
            "^Put it where the icon’s defined and it’s fixed everywhere.",
            "Long names wrap nicely now, see Wilhelmina in the member list.",
            "^Finally! I’ve waited for this my whole life.",
            "Reminder: motion should be *felt, not seen*. 120 ms, and none for people who asked for reduced motion.",
            "Icons are on a 16 px grid, 1.5 stroke, round caps. No filled ones please, they shout.",
            "^Even the trash?",
            "^Especially the trash.",
        ),
    ),
    DemoRoom(
        "Support",
        "Customer questions and answers",
        (
            "A customer’s asking if deleted messages are really gone or just hidden.",
            "^Really gone. Text, earlier versions, all of it. Only a placeholder stays.",
            "Question from the school in Ghent: how many people fit in one room?",
            "^They need 1,200. We tested 1,000 in one room and everyone had the message after 17 ms (median).",
            "Two reports of “it says offline” today. Both were on the train.",
            "+Told them their messages are saved and sent when they reconnect, and that’s exactly what happened.",
            "How do I change someone’s name for them? They got married.",
            "^They can do it themselves under *Profile*. It shows right away, on old messages too.",
            "Another customer wants to export their messages. Can they?",
            "^Yep, *Profile* → Download my data.",
            "Доброго дня! Клієнт питає, чи працює чат без інтернету у внутрішній мережі.",
            "^Так: сторінка нічого не бере з інших серверів.",
            "For “is there an app?”: open the page on your phone and add it to the home screen.",
            "Closed today: 14. Still open: 3. One of them is a poem.",
        ),
    ),
    DemoRoom(
        "Infrastructure",
        "Servers, backups, on-call",
        (
            "Restored last night’s backup on the spare machine: 2 min 40 s, checksums match.",
            "^Nice! A backup nobody’s restored is just a wish.",
            "Disk on rack4 is at 71%. Growing 0.4% a week, so we’ve got time, but not forever.",
            "Moved the database to its own volume. Commits are down from 6 ms to 1.9.",
            "+No other changes.",
            "Can we agree to announce restarts here first?\n\n- what\n- when\n- who’s watching",
            "^+1. The pages reconnect on their own now, too.",
            "```python\ndef backoff(attempt: int) -> float:\n"
            "    return random.uniform(0.5, min(30, 0.5 * 2**attempt))\n```\n\n"
            "The jitter matters: otherwise a thousand tabs reconnect in the same second.",
            "^Yep, that was March. The graph looked like a heartbeat.",
            "Certificates auto-renew on the 14th. I’ll keep an eye on it anyway.",
            "23 days without a page. I’m whispering this.",
            "^And now you’ve jinxed it.",
        ),
    ),
    DemoRoom(
        "Kitchen table",
        "Lunch, weather, and everything else",
        (
            "Soup today: lentil with lemon. Enough for twelve.",
            "^Count me in. And Samir, he just doesn’t know it yet.",
            "It’s snowing in Umeå. In *November*, as it should.",
            "^24 degrees here, wearing a coat in solidarity.",
            "Does anyone play the cello? We have three violins and a kazoo.",
            "^I play the cello badly and with great joy.",
            "^You’re hired.",
            "김치찌개 먹을 사람?",
            "^저요! 12시 반에 만나요.",
            "My tomatoes ripened on the windowsill. I’m told that’s impossible.",
            "Recipe, as promised:\n\n1. onions, slowly\n2. more onions\n3. patience\n4. bread",
            "^Instructions unclear, now own nine kilos of onions.",
            "Who left the poem at the coffee machine? It’s really good.",
        ),
    ),
    DemoRoom(
        "Reading group · 読書会",
        "One book a month, no hurry",
        (
            "December’s book: *The Summer Book* by Tove Jansson. It’s short, so no excuses.",
            "^I’ve read it four times, happy to make it five.",
            "先月の本はとても静かで、最後の章が特に好きでした。",
            "^Same! The last chapter really stayed with me.",
            "Do we want to meet in the river room or here?",
            "^Here, so people in other time zones can join. Thursday, 17:00 UTC?",
            "^Works for Seoul if I stay up, and I will.",
            "Question for the evening: is the island a place or a person?",
            "הספר הזה מזכיר לי את הקיץ אצל סבתא.",
            "^You’ll have to tell us about her on Thursday.",
        ),
    ),
    DemoRoom(
        "Founders",
        "Numbers, hiring, and doubts",
        (
            "November so far: 31 new sites, 4 left. Two of the four came back the same day.",
            "^Why did they leave?",
            "^One merged with another team, one forgot they had us. I’ll take that as a compliment.",
            "I’d like to hire a second support person before the holidays.",
            "^Yes. Write up what their first week looks like and we’ll post it.",
            "The bank wants to know what we do “in one sentence”.",
            "^We make chat that people can run on their own server.",
            "+Good enough?",
            "Let’s keep this here for now. I’ll tell everyone on Monday.",
        ),
        kind="private",
    ),
]

BETWEEN_TWO = (
    "Got five minutes?",
    "^For you? Ten.",
    "Read your draft. The middle’s *excellent*, the intro drags a bit.",
    "^You’re right, I wrote it first and never went back.",
    "Could you take the three o’clock? I’m at the dentist.",
    "^Sure. Good luck!",
    "Thanks for yesterday. It helped more than you know.",
    "^Anytime.",
    "This is the line I meant:\n\n```\nseq = room.last_seq + 1\n```",
    "^Ah, now I see it too.",
    "Lunch tomorrow?",
    "^Yes! The place with the green door.",
)

SMALL_TALK = tuple(
    (
        "Thanks!|Done.|I’ll take a look this afternoon.|Good idea.|👍|Makes sense.|"
        "Can you send me the link?|On it.|Let’s talk tomorrow.|That was quick!|"
        "I was just thinking the same thing.|No objections.|Noted, thanks.|"
        "Give me ten minutes.|Ha, yes.|Same here.|Works for me now.|"
        "Who else should see this?|+1|Could someone double-check the second point?|"
        "Much better than the last version.|🎉|I’ll write it up.|Back in half an hour.|"
        "Merci !|¡Perfecto!|Danke, das hilft.|ありがとうございます。|شكرًا جزيلًا|"
        "Tried it twice now, it holds.|Let’s keep it simple.|See you at ten.|"
        "Can this wait until Monday?|Sure.|Added it to the list.|"
        "That’s great news!|Let me ask Mira.|Night, everyone!"
    ).split("|")
)

BIRDS = (
    "Heron Plover Siskin Avocet Curlew Dunlin Egret Fulmar Godwit Hoopoe Kestrel Lapwing Merlin Nuthatch Oriole".split()
)
TRADES = "Project Team Circle Class Workshop Committee".split()


def demo_rooms(number: int) -> list[DemoRoom]:
    """Return `number` rooms besides 'Everyone', which are always the same."""
    endless = _endless()
    return [next(endless) for _ in range(number)]


def _endless() -> Iterator[DemoRoom]:
    yield from ROOMS
    for trade, bird in product(TRADES, BIRDS):
        yield DemoRoom(f"{trade} {bird}", f"Everything about {bird.lower()}s, and the work", SMALL_TALK)
    for number in count(1):
        yield DemoRoom(f"Room {number}", "", SMALL_TALK)
