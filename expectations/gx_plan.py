"""What Great Expectations has to measure to answer a suite, worked out once for all deliveries of its kind.

GX asks every expectation which metrics it needs and builds their graph anew for each validation; that is four
fifths of its time on a small table. The graph depends on the expectations alone, so it is kept here, and only
resolved again. Import this module inside functions only: it imports GX.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from great_expectations.execution_engine.execution_engine import ExecutionEngine
from great_expectations.expectations.expectation import Expectation
from great_expectations.validator.metric_configuration import MetricConfiguration, MetricConfigurationID
from great_expectations.validator.metrics_calculator import MetricsCalculator
from great_expectations.validator.validation_graph import MetricEdge, ValidationGraph

PASS_OR_FAIL = {"result_format": "BOOLEAN_ONLY"}


@dataclass(frozen=True)
class _Question:
    """One expectation, the metric that counts its violations if there is one, and all metrics below it."""

    rule: str
    expectation: Expectation
    violations: MetricConfigurationID | None
    metrics: frozenset[MetricConfigurationID]


class Plan:
    """The graph of metrics of some expectations. No batch is named: GX takes the one an engine has loaded."""

    def __init__(self, engine: ExecutionEngine, expectations: Sequence[Expectation]) -> None:
        self.asked = tuple(expectations)  # held, so that their ids stay theirs
        self._questions: list[_Question] = []
        self._impossible: dict[str, str] = {}
        edges: dict[Any, MetricEdge] = {}
        for expectation in expectations:
            rule = str((expectation.meta or {})["rule"])
            try:
                question, graph = _question(engine, rule, expectation)
            except Exception as error:  # whatever GX raises of one expectation, the others are answered
                self._impossible[rule] = _reason([_as_info(error)])
                continue
            self._questions.append(question)
            for edge in graph.edges:
                edges.setdefault(edge.id, edge)
        self._edges = [*edges.values()]

    def answers(self, engine: ExecutionEngine) -> dict[str, bool | str]:
        """Rule -> held or not, or why GX could not evaluate it; row conditions are counted in one scan."""
        graph = ValidationGraph(execution_engine=engine, edges=[*self._edges])
        calculator = MetricsCalculator(engine, show_progress_bars=False)
        metrics, aborted = calculator.resolve_validation_graph(graph, dict(PASS_OR_FAIL))
        found: dict[str, bool | str] = dict(self._impossible)
        for question in self._questions:
            failed = [aborted[metric] for metric in question.metrics if metric in aborted]
            if failed:
                found[question.rule] = _reason(info["exception_info"] for info in failed)
            elif question.violations is not None and metrics.get(question.violations) == 0:
                found[question.rule] = True  # nothing to weigh against `mostly`
            else:
                found[question.rule] = _validated(engine, question.expectation, metrics)
        return found


def _question(
    engine: ExecutionEngine, rule: str, expectation: Expectation
) -> tuple[_Question, ValidationGraph]:
    needed = expectation.get_validation_dependencies(engine, dict(PASS_OR_FAIL))
    calculator = MetricsCalculator(engine, show_progress_bars=False)
    graph = calculator.build_metric_dependency_graph(needed.get_metric_configurations(), dict(PASS_OR_FAIL))
    counted: MetricConfiguration | None = needed.metric_configurations.get(
        f"{getattr(expectation, 'map_metric', None)}.unexpected_count"
    )
    metrics = {metric.id for edge in graph.edges for metric in (edge.left, edge.right) if metric is not None}
    return _Question(rule, expectation, counted.id if counted else None, frozenset(metrics)), graph


def _validated(
    engine: ExecutionEngine, expectation: Expectation, metrics: Mapping[MetricConfigurationID, Any]
) -> bool | str:
    try:
        result = expectation.metrics_validate(
            metrics=dict(metrics), runtime_configuration=dict(PASS_OR_FAIL), execution_engine=engine
        )
    except Exception as error:  # its values are in the message, so it is not passed on
        return _reason([_as_info(error)])
    return bool(result.success)


def _as_info(error: Exception) -> dict[str, str]:
    lines = traceback.format_exception(error)
    return {"exception_message": str(error), "exception_traceback": "".join(lines)}


def _reason(infos: Iterable[Any]) -> str:
    """Why an expectation could not be evaluated; messages that may quote a value are left out."""
    text = " ".join(f"{info['exception_message']} {info['exception_traceback']}" for info in infos)
    quoted = re.search(r"(?:Binder|Catalog|Parser) Error: ([^\n]*)", text) or re.search(
        r'(The column "\w+" in BatchData does not exist|Error: The column "\w+"[^\n]*does not exist)', text
    )
    return quoted.group(1).strip() if quoted else "Great Expectations cannot evaluate it on this table"
