"""Whether the service in this container works, by its own word: `healthy.py URL [METRIC]`; exit code 0 where it does.

The page must answer; with METRIC, every sample of that metric must be 1 or more.
"""

import sys
import urllib.request


def values(page: str, metric: str) -> list[float]:
    """The samples of this metric on a page in Prometheus's format."""
    lines = [line for line in page.splitlines() if line.startswith((f"{metric} ", f"{metric}{{"))]
    return [float(line.rpartition(" ")[2]) for line in lines]


def main(url: str, metric: str = "") -> None:
    """Ends with a reason where it isn't healthy."""
    with urllib.request.urlopen(url, timeout=4) as answer:  # noqa: S310 - the address is in docker-compose.yml
        page = answer.read().decode()
    samples = values(page, metric) if metric else [1.0]
    if not samples or min(samples) < 1:
        sys.exit(f"{metric} is not 1")


if __name__ == "__main__":
    main(*sys.argv[1:3])
