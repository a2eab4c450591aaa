"""The story of a fall while the mail provider is down: nobody waits for it, and it is not forgotten either."""

from collections import Counter
from datetime import timedelta

from alerts import telling
from alerts.channels.build import channels_of
from alerts.channels.settings import ChannelSettings
from care.alerts import Outcome, Step
from care.devices import DeviceKind
from care.notices import Channel
from care.people import Role
from launch.ports import free_port
from records.judging import alert_steps
from records.login import accounts
from records.people.reach import Reach
from records.telling import notices
from records.telling.notices import Told
from tests.mailbox import mail_server
from tests.receiver import Receiver, receiver
from tests.stories.town import Town
from tests.told import daughter

SECOND = timedelta(seconds=1)


class Story:
    """A town with a mail provider that is down at first; of the two contacts only the second has another way."""

    def __init__(self, town: Town, hooks: Receiver) -> None:
        self.town, self.hooks, self.port = town, hooks, free_port()
        self.channels = channels_of(
            ChannelSettings(smtp_url=f"smtp://127.0.0.1:{self.port}", smtp_from="ankang@example.org")
        )
        self.began = town.clock.now

    def at(self, seconds: int) -> None:
        """So long after the fall everything that is due is done."""
        self.town.at(self.began + seconds * SECOND)
        telling.turn(self.town.conn, self.channels, self.town.clock.now)

    def lines(self, recipient: str) -> list[Told]:
        """How far this contact was told."""
        (fall,) = self.town.open_alerts()
        return [line for line in notices.told(self.town.conn, fall.id) if line.recipient == recipient]

    def hooked(self) -> list[str]:
        """Which of the second contact's addresses were told, in order."""
        return [path for path, _, _ in self.hooks.got]


def test_a_fall_while_a_provider_is_down(town: Town) -> None:
    with receiver() as hooks:
        radar = town.give("王桂珍", "radar-1", DeviceKind.FALL_RADAR, "卫生间")
        story = Story(town, hooks)
        lina = daughter(town.database, "王桂珍", Reach(Channel.EMAIL, "lina@example.org"))
        ways = [Reach(Channel.WEBHOOK, f"{hooks.url}/{name}", number) for number, name in ((1, "first"), (2, "second"))]
        daughter(town.database, "王桂珍", *ways, position=2)
        town.event(radar, "fall")

        story.at(0)
        assert story.hooked() == ["/first"], "the next contact is told at once, not when the provider is given up"
        assert (story.lines(str(lina))[0].state, story.lines(str(lina))[0].notice_state) == ("queued", "queued")
        story.at(29)
        assert story.hooked() == ["/first"]
        story.at(30)
        assert story.hooked() == ["/first", "/second"], "nobody has answered a high alert for 30 s"

        tries = []
        for seconds in (31, 34, 35, 50, 54):  # tried at 0, 5 + 10 + 20 …: each wait begins with the try before it
            story.at(seconds)
            tries.append(story.lines(str(lina))[0].tries or 0)
        assert tries == sorted(tries) and len(set(tries)) > 1
        assert "not reachable" in str(story.lines(str(lina))[0].delivery_why)

        with mail_server(story.port) as mailbox:  # the provider is back
            story.at(54 + 5 * 60)
            assert mailbox.subjects[0] == "跌倒：王桂珍"
            assert story.lines(str(lina))[0].state == "sent"
            operator = accounts.create_account(town.conn, "operator", "long-enough-for-a-test", Role.OPERATOR)
            (fall,) = town.open_alerts()
            with town.database.transaction() as conn:
                alert_steps.take_step(conn, fall.id, Step.ANSWER, operator, town.clock.now)
                alert_steps.take_step(conn, fall.id, Step.CLOSE, operator, town.clock.now, Outcome.HELPED)
            hooks.got.clear()
            story.at(54 + 5 * 60 + 1)
            assert mailbox.subjects[-1] == "已办结：王桂珍跌倒"
        assert story.hooked() == ["/first"], "everybody who was told hears of the end, once"
        ended = Counter(line.recipient for line in notices.told(town.conn, fall.id) if line.about == "ended")
        assert set(ended.values()) == {1} and str(lina) in ended and len(ended) >= 3
