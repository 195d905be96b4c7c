# Copyright: (c) 2026, certops.cdn contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of the role cert_report as people and programs meet it: in a browser, and by Prometheus' own parser."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from playwright.sync_api import Browser, Page
from prometheus_client.parser import text_string_to_metric_families

from emulator.process import Running
from tools.browser import NoBrowserError, browser, page
from usage.conftest import ROOT, Shell
from usage.modules import described, seen, undocumented

SHOTS = ROOT / ".test-results" / "cert_report"
DESK, PHONE = (1280, 900), (375, 760)

EVIL = "<script>document.title = 'evil'</script><img src=x onerror=alert(1)> {{ 7 * 7 }} \"'&\\ \n second line"

CREDENTIALS: dict[str, Any] = {
    "zenlayer": {"access_keys": [{"id": "demo-access-key-id", "password": "demo-access-key-password"}]},
    "tencent": {"secrets": [{"id": "demo-secret-id", "key": "demo-secret-key"}]},
    "vdms": {"clients": [{"id": "demo-client-id", "secret": "demo-client-secret"}]},
}

MANY: dict[str, Any] = {
    **CREDENTIALS,
    "tencent": {
        **CREDENTIALS["tencent"],
        "certificates": [
            {"domain": "d{n}.example.cn", "count": 600, "status": 1, "begins_days": -9, "ends_days": 120.5},
            {"domain": "e{n}.example.cn", "count": 300, "status": 1, "begins_days": -9, "ends_days": 9.5},
            {"domain": "r{n}.example.cn", "count": 150, "status": 2, "status_msg": EVIL},
            {
                "id": "evil0000", "alias": EVIL, "domain": f"{'a-long-label-' * 4}.{'x' * 63}.example.cn",
                "status": 1, "begins_days": -9, "ends_days": 3.5,
            },
        ],
    },
}  # fmt: skip


@dataclass
class Estate:
    """A report, in its three files."""

    name: str
    folder: Path

    @property
    def page(self) -> Path:
        return self.folder / "cert_report.html"

    @property
    def report(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads((self.folder / "cert_report.json").read_text(encoding="utf-8"))
        return loaded

    @property
    def metrics(self) -> str:
        return (self.folder / "cert_report.prom").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def estates(running: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Estate]:
    """Nothing, something of everything, and more than a thousand, by the playbook that users run."""
    found = {}
    for name, scenario in {"nothing": CREDENTIALS, "something": "report", "many": MANY}.items():
        running.reset(scenario)
        shell = Shell(running.url, tmp_path_factory.mktemp(name))
        command = ["ansible-playbook", "certops.cdn.cert_report"]
        if name == "many":
            command += ["-e", "cert_report_providers=tencent"]  # what the others do not have takes its time too
        done = shell.run(*command, PWD=str(shell.folder))
        assert done.code == 0, done.output
        assert " changed=3 " in done.output
        if name == "something":
            again = shell.run(*command, PWD=str(shell.folder))
            assert " changed=0 " in again.output, again.output
        assert running.writes() == []
        found[name] = Estate(name, shell.folder)
    return found


ESTATES = pytest.mark.parametrize("name", ["nothing", "something", "many"])

# ---- For programs ----------------------------------------------------------------------------------------------------


@ESTATES
def test_prometheus_understands_the_metrics(name: str, estates: dict[str, Estate]) -> None:
    families = list(text_string_to_metric_families(estates[name].metrics))
    report = estates[name].report

    assert [family.name for family in families] == [
        "certops_cdn_certificate_not_after_timestamp_seconds",
        "certops_cdn_certificate_bound_domains",
        "certops_cdn_severity",
        "certops_cdn_problems",
        "certops_cdn_certificates",
        "certops_cdn_domains",
        "certops_cdn_provider_success",
        "certops_cdn_report_last_run_timestamp_seconds",
    ]
    for family in families:
        assert family.type == "gauge"
        assert family.documentation
        labels = [tuple(sample.labels.items()) for sample in family.samples]
        assert len(set(labels)) == len(labels)
        assert len({tuple(sample.labels) for sample in family.samples}) <= 1
    by_name = {family.name: family.samples for family in families}
    assert sum(sample.value for sample in by_name["certops_cdn_problems"]) == len(report["problems"])
    assert len(by_name["certops_cdn_severity"]) == len(report["rows"])
    assert {sample.value for sample in by_name["certops_cdn_provider_success"]} == {1}


def test_series_do_not_come_and_go_with_the_problems(estates: dict[str, Estate]) -> None:
    """An alert on a series that is missing is an alert that never comes."""
    problems = [
        {tuple(sample.labels.items()) for sample in family.samples}
        for name in ("nothing", "something")
        for family in text_string_to_metric_families(estates[name].metrics)
        if family.name == "certops_cdn_problems"
    ]

    assert problems[0] == problems[1] != set()


def test_labels_are_what_the_provider_told(estates: dict[str, Estate]) -> None:
    samples = [
        sample for family in text_string_to_metric_families(estates["many"].metrics) for sample in family.samples
    ]

    evil = [sample.labels["name"] for sample in samples if sample.labels.get("id") == "evil0000"]
    assert evil == [EVIL, EVIL]
    assert next(row["name"] for row in estates["many"].report["rows"] if row["id"] == "evil0000") == EVIL


def test_the_filters_return_what_they_describe(estates: dict[str, Estate]) -> None:
    returned = page_of("cert_report", "RETURN")["_value"]["contains"]

    assert undocumented(estates["something"].report, returned) == []
    # "problems" is a dictionary whose keys are told by its sample
    assert sorted(described(returned) - seen(estates["something"].report)) == []


def page_of(name: str, part: str) -> Any:
    plugin = importlib.import_module(f"ansible_collections.certops.cdn.plugins.filter.{name}")
    return yaml.safe_load(getattr(plugin, part))


def test_examples_of_the_filters_run_as_written(shell: Shell) -> None:
    done = shell.play([*page_of("cert_report", "EXAMPLES"), *page_of("cert_report_timeline", "EXAMPLES")])

    assert done.code == 0, done.output
    assert "ignored=0" in done.output


# ---- For people ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    try:
        with browser() as started:
            yield started
    except NoBrowserError as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize(
    ("name", "size", "dark"),
    [
        ("nothing", DESK, False),
        ("nothing", PHONE, True),
        ("something", DESK, False),
        ("something", DESK, True),
        ("something", PHONE, False),
        ("something", PHONE, True),
        ("many", DESK, True),
        ("many", PHONE, False),
    ],
)
def test_the_page_in_all_sizes_and_schemes(
    name: str, size: tuple[int, int], dark: bool, estates: dict[str, Estate], chromium: Browser
) -> None:
    with page(chromium, estates[name].page, *size, dark=dark) as shown:
        SHOTS.mkdir(parents=True, exist_ok=True)
        shown.screenshot(
            path=SHOTS / f"{name}-{'phone' if size == PHONE else 'desk'}-{'dark' if dark else 'light'}.png"
        )
        assert shown.title() == f"CDN certificates: {estates[name].report['date']}"
        assert shown.evaluate("document.documentElement.scrollWidth") == size[0]
        assert shown.locator("svg.timeline:visible").count() == 1
        assert shown.evaluate(POOR_CONTRASTS) == []


# Texts whose contrast with what is behind them is less than 4.5:1 (WCAG 2, level AA).
POOR_CONTRASTS = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const parse = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const linear = (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = color.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const color = parse(getComputedStyle(element).backgroundColor);
      if (color[3] === 255) return color;
    }
    return parse("Canvas");
  };
  const poor = new Set();
  for (const element of [...document.querySelectorAll("body *:not(script, svg, svg *, tbody *)"),
                         ...document.querySelectorAll("tbody tr:nth-child(-n+40) *:not(svg, svg *)")]) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility()) continue;
    const [a, b] = [parse(getComputedStyle(element).color), behind(element)].map(light).sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) poor.add(`${element.className || element.localName}: ${ratio.toFixed(2)}`);
  }
  return [...poor];
}"""


def shown_rows(shown: Page) -> list[list[str]]:
    """The texts of the cells of all rows that are not filtered away."""
    rows: list[list[str]] = shown.evaluate(
        "[...document.querySelectorAll('#rows tbody tr')].filter((row) => !row.hidden)"
        ".map((row) => [...row.cells].map((cell) => cell.dataset.sort ?? cell.innerText))"
    )
    return rows


def order(shown: Page, heading: str) -> str | None:
    return shown.get_by_role("columnheader", name=heading).get_attribute("aria-sort")


def test_the_worst_come_first_and_clicks_sort(estates: dict[str, Estate], chromium: Browser) -> None:
    with page(chromium, estates["something"].page, *DESK) as shown:
        assert [row[0] for row in shown_rows(shown)] == sorted((row[0] for row in shown_rows(shown)), reverse=True)
        assert order(shown, "Status") == "descending"

        shown.get_by_role("button", name="Expires").click()
        ends = [row[5] for row in shown_rows(shown)]
        assert ends == sorted(filter(None, ends)) + [""] * ends.count("")
        assert (order(shown, "Expires"), order(shown, "Status")) == ("ascending", None)

        shown.get_by_role("button", name="Expires").press("Enter")
        ends = [row[5] for row in shown_rows(shown)]
        assert ends == sorted(filter(None, ends), reverse=True) + [""] * ends.count("")
        assert order(shown, "Expires") == "descending"

        shown.get_by_role("button", name="Name").click()
        names = [row[1] for row in shown_rows(shown)]
        assert names == sorted(names)

        shown.get_by_role("button", name="Status").click()
        assert shown_rows(shown)[0][0] == "3"


def test_the_table_is_filtered(estates: dict[str, Estate], chromium: Browser) -> None:
    with page(chromium, estates["something"].page, *DESK) as shown:
        total = len(shown_rows(shown))
        assert shown.get_by_role("status").inner_text() == f"{total} of {total} shown"

        shown.get_by_label("Search").fill("SHOP.example.com pay")
        assert [row[1] for row in shown_rows(shown)] == ["pay.shop.example.com", "shop-2025"]
        assert shown.get_by_role("status").inner_text() == f"2 of {total} shown"

        # a problem leads to its row, whatever is shown
        shown.get_by_role("link", name="careers").click()
        shown.wait_for_function("document.querySelector('[type=search]').value === ''")
        assert len(shown_rows(shown)) == total
        assert shown.locator("tr:target").get_attribute("id") == "vdms-request-40024"

        shown.get_by_role("combobox", name="Provider").select_option("VDMS")
        shown.get_by_role("combobox", name="Status").select_option("any problem")
        assert [row[1] for row in shown_rows(shown)] == ["docs-prod", "careers", "investors"]

        shown.get_by_label("Search").fill("nothing of this kind")
        assert shown.get_by_text("Nothing fits.").is_visible()


def test_a_thousand_rows_are_sorted_and_searched(estates: dict[str, Estate], chromium: Browser) -> None:
    with page(chromium, estates["many"].page, *DESK) as shown:
        assert len(shown_rows(shown)) == 1051
        assert shown.locator(".problem").count() == 8 + 8  # of each class; the others are folded up
        assert shown.get_by_text("and 293 more: expiring").is_visible()

        shown.locator("thead th:nth-child(2) button").click()
        names = [row[1] for row in shown_rows(shown) if row[1].startswith("d")]
        assert names == [f"d{n}.example.cn" for n in range(1, 601)]  # numbers by their value
        shown.get_by_label("Search").fill("d600")

        assert [row[1] for row in shown_rows(shown)] == ["d600.example.cn"]


def test_what_providers_tell_stays_text(estates: dict[str, Estate], chromium: Browser) -> None:
    estate = estates["many"]
    with page(chromium, estate.page, *DESK) as shown:
        assert shown.title() == f"CDN certificates: {estate.report['date']}"
        assert shown.locator("script").count() == 1
        assert shown.locator("img").count() == 0
        assert "7 * 7" in shown.locator("#tencent-certificate-evil0000 th").inner_text()


def test_a_script_that_got_in_would_not_run(estates: dict[str, Estate], chromium: Browser, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    text = estates["something"].page.read_text(encoding="utf-8")
    broken.write_text(text.replace("<h1>", "<h1><script>document.title = 'evil'</script>"), encoding="utf-8")

    with pytest.raises(AssertionError, match="Content Security Policy"), page(chromium, broken, *DESK) as shown:
        assert "evil" not in shown.title()


def test_without_javascript_everything_is_there_but_the_controls(estates: dict[str, Estate], chromium: Browser) -> None:
    with page(chromium, estates["something"].page, *PHONE, script=False) as shown:
        report = estates["something"].report
        assert shown.locator("#rows tbody tr:visible").count() == len(report["rows"])
        assert shown.locator(".problem:visible").count() == len(report["problems"])
        assert not shown.locator("#controls").is_visible()
        assert shown.locator("thead button").count() == 0
        assert shown.locator("th[aria-sort]").count() == 1


def test_what_those_who_do_not_see_it_are_told(estates: dict[str, Estate], chromium: Browser) -> None:
    with page(chromium, estates["something"].page, *PHONE) as shown:
        tree = shown.locator("body").aria_snapshot()
        for text in (
            'heading "CDN certificates" [level=1]',
            'img "Timeline: when certificates end, by provider. The table below tells the same."',
            'table "All certificates, certificate requests and domains, those with the worst problems first"',
            'columnheader "Status"',
            'cell "Critical"',
            'rowheader "store-prod',
        ):
            assert text in tree
        # not by the colour alone
        for severity in ("critical", "warning", "notice", "ok"):
            assert shown.locator(f"#rows .badge.{severity} use[href='#{severity}']").count() > 0
