"""The town in which the stories happen."""

from collections.abc import Iterator

import pytest

from launch.broker import EmbeddedBroker
from records.database import Database
from tests.conftest import open_to_all
from tests.stories.town import Town, living_in
from tests.test_access import responder


@pytest.fixture
def town(tmp_path_factory: pytest.TempPathFactory, database: Database, database_url: str) -> Iterator[Town]:
    """A town with its own broker, ingest and engine; its clock stands at noon until the story moves it."""
    folder = open_to_all(tmp_path_factory.mktemp("town"))
    with EmbeddedBroker(folder) as broker, responder(broker, database_url), living_in(broker, database) as made:
        yield made
