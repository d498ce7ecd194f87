"""What a scrape of the metrics holds."""

import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families


def ask(url, **headers):
    request = urllib.request.Request(f"{url}/metrics", headers=headers)
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read().decode()


def samples(said):
    return [sample for family in text_string_to_metric_families(said) for sample in family.samples]


def by_name(said):
    """What is told, by name and label values in the order of the labels' names."""
    return {(s.name, *(s.labels[name] for name in sorted(s.labels))): s.value for s in samples(said)}


def scrape(url):
    return by_name(ask(url))
