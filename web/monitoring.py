"""Routes for monitors: the health check, and the metrics, which count every request."""

from flask import Blueprint, Response, jsonify, request

from conversation.metrics import Metrics
from observability.health import HealthCheck
from observability.metrics import CONTENT_TYPE, REQUESTS, Exposition
from web.server_proof import ServerProof
from web.services import Service

health_bp = Blueprint("health", __name__)
metrics_bp = Blueprint("metrics", __name__)
health_check = Service[HealthCheck]("monitoring.health_check")
proof = Service[ServerProof]("monitoring.proof")
counters = Service[Metrics]("monitoring.counters")
exposition = Service[Exposition]("monitoring.exposition")


@metrics_bp.after_app_request
def count(response: Response) -> Response:
    """Count a request, whichever blueprint answered it, by route and status."""
    route = request.url_rule.rule if request.url_rule else "none"
    counters().count(REQUESTS, route, str(response.status_code))
    return response


@metrics_bp.get("/metrics")
def metrics() -> Response:
    """Serve the metrics to Prometheus."""
    return Response(exposition().text(), content_type=CONTENT_TYPE)


@health_bp.get("/health")
def health() -> tuple[Response, int]:
    """Say how it is: 200 while calls can be answered, else 503. proof=N: prove that it is this installation."""
    found = health_check().look()
    if (answer := proof().answer(request.args.get("proof", ""))) is not None:
        found["proof"] = answer
    return jsonify(found), 503 if found["status"] == "down" else 200
