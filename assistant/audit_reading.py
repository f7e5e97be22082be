"""The audit in plain sentences: one for every figure that a board member should take away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from assistant.core.catalogue import Catalogue
from assistant.core.texts import Texts

Json = Mapping[str, Any]


def reading(report: Json, catalogue: Catalogue, language: str) -> list[str]:
    """The report read aloud, the verdict first."""
    return list(_Reader(catalogue, language).lines(report))


class _Reader:
    def __init__(self, catalogue: Catalogue, language: str) -> None:
        self.catalogue, self.say = catalogue, Texts.of("assistant", language)
        self.language = language

    def lines(self, report: Json) -> Iterator[str]:
        yield self.say("audit-none") if not report["gaps"] else self.say("audit-some", count=len(report["gaps"]))
        for gap in report["gaps"]:
            yield self._gap(gap)
        if report["attributes_not_permitted"]:
            names = ", ".join(map(self._label, report["attributes_not_permitted"]))
            yield self.say("audit-not-permitted", attributes=names)
        yield from self._practice(report["practice"])
        yield from self._model(report["model"])
        yield from self._swaps(report["counterfactual"])
        yield from self._log(report["log"])

    # ---------------------------------------------------------------- parts

    def _gap(self, gap: Json) -> str:
        who = self._group(gap["attribute"], gap["group"])
        points = self._points(abs(gap["difference"]))
        way = "more" if gap["difference"] > 0 else "less"
        if gap["family"] == "practice":
            name = self.catalogue.pathway_name(gap["pathway"], self.language)
            return self.say(f"audit-gap-practice-{way}", who=who, pathway=name, points=points)
        if gap["family"] == "counterfactual":
            return self.say("audit-gap-counterfactual", attribute=self._label(gap["attribute"]))
        if gap["family"] == "intensity":
            return self.say(f"audit-gap-intensity-{way}", who=who, points=points)
        return self.say(f"audit-{gap['figure'].replace('_', '-')}-{way}", who=who, points=points)

    def _practice(self, part: Json | None) -> Iterator[str]:
        if part is None:
            yield self.say("audit-no-history")
            return
        yield self.say(
            "audit-practice",
            cases=part["cases"],
            pathways=len(part["pathways"]),
            tests=part["tests"],
            alarms=len(part["alarms"]),
        )
        seen = sorted(min(row["could_see_points"].values()) for row in part["pathways"] if row["could_see_points"])
        if seen:
            low, high = (self._number(x) for x in (seen[0], seen[-1]))
            yield self.say("audit-power", low=low, high=high)
        yield from self._held_back(part["intensity"]["groups"])
        bounds = self._range(part["intensity"]["groups"], "selection")
        if bounds:
            yield self.say("audit-intensity", level=part["intensity"]["from_level"], **bounds)

    def _model(self, part: Json | None) -> Iterator[str]:
        if part is None:
            yield self.say("audit-no-model")
            return
        yield self.say("audit-model", cases=part["cases"], alarms=len(part["alarms"]), tests=part["tests"])
        gaps = [row for row in part["groups"] if row.get("gap") is not None]
        if gaps:
            worst = max(gaps, key=lambda row: abs(row["gap"]))
            yield self.say(
                "audit-calibration",
                who=self._group(worst["attribute"], worst["group"]),
                points=self._points(worst["gap"]),
            )
        for figure in ("false_alarm", "hit", "error"):
            bounds = self._range(part["groups"], figure)
            if bounds:
                yield self.say(f"audit-range-{figure.replace('_', '-')}", **bounds)
        if part["differences"]:
            yield self.say("audit-differences", count=len(part["differences"]))
        late = [one for one in part["drift"] if one["p"] < 0.05]
        if part["drift"] and not late:
            yield self.say("audit-drift-none", years=len(part["drift"]))
        for one in late:
            yield self.say("audit-drift", year=one["year"], points=self._points(one["gap"]))

    def _swaps(self, rows: Sequence[Json]) -> Iterator[str]:
        if not rows:
            yield self.say("audit-no-swaps")
            return
        yield self.say(
            "audit-swaps",
            swaps=sum(row["swaps"] for row in rows),
            cases=rows[0]["cases"],
            scores=sum(row["scores"] for row in rows),
            changes=sum(row["score_changes"] for row in rows),
        )
        for row in rows:
            if row["rule_changes"]:
                law = sorted({ref for change in row["rule_changes"] for ref in change["law"]})
                names = [
                    self.catalogue.pathway_name(change["pathway"], self.language) for change in row["rule_changes"]
                ]
                times = sum(change["times"] for change in row["rule_changes"])
                yield self.say(
                    "audit-rules",
                    attribute=self._label(row["attribute"]),
                    times=times,
                    pathways=", ".join(names),
                    law=", ".join(law),
                )

    def _log(self, part: Json) -> Iterator[str]:
        yield self.say(
            "audit-suggestions", count=part["suggestions"], unscored=part["not_scored"], empty=part["without_pathway"]
        )
        yield self.say(
            "audit-decisions",
            count=part["decisions"],
            **{k: part["decided"].get(k, 0) for k in ("followed", "changed", "none")},
        )
        use = part["use"]
        if use["total"] is None:
            yield self.say("audit-use-held-back", count=use["held_back"])
        else:
            for unit in use["units"]:
                if unit["followed_unopened"] is not None:
                    yield self.say(
                        "audit-use", unit=unit["unit"], n=unit["n"], followed=self._points(unit["followed"]),
                        unopened=self._points(unit["followed_unopened"]),
                    )  # fmt: skip
        yield self.say(
            "audit-rights", objections=part["objections"], human=part["human_route"], expired=part["expired_offered"]
        )

    # ---------------------------------------------------------------- words

    def _held_back(self, rows: Sequence[Json]) -> Iterator[str]:
        small = sum(row["held_back"] for row in rows)
        if small:
            yield self.say("audit-held-back", count=small)

    def _range(self, rows: Sequence[Json], figure: str) -> dict[str, str] | None:
        """The lowest and the highest group of a figure."""
        known = [row for row in rows if row.get(figure)]
        if len(known) < 2:
            return None
        low, high = (pick(known, key=lambda row: row[figure]["value"]) for pick in (min, max))
        return {
            "low": self._points(low[figure]["value"]),
            "low_who": self._group(low["attribute"], low["group"]),
            "high": self._points(high[figure]["value"]),
            "high_who": self._group(high["attribute"], high["group"]),
        }

    def _label(self, attribute: str) -> str:
        return " + ".join(self.catalogue.field_label(name, self.language) for name in attribute.split("+"))

    def _group(self, attribute: str, group: str) -> str:
        names, parts = attribute.split("+"), group.split(" & ")
        words = [self._value(name, part) for name, part in zip(names, parts, strict=False)]
        return f"{self._label(attribute)}: {' + '.join(words)}"

    def _value(self, name: str, part: str) -> str:
        if part in ("True", "False"):
            return self.catalogue.value_label(name, part == "True", self.language)
        return part if "–" in part else self.catalogue.value_label(name, part, self.language)

    def _points(self, share: float) -> str:
        return self._number(100 * share)

    def _number(self, value: float) -> str:
        text = f"{value:.1f}"
        return text.replace(".", ",") if self.language == "da" else text
