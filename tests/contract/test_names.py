"""Routes, settings, metrics, tables, and the names that are kept: as they were."""

import json

import pytest
from sqlalchemy import create_engine, inspect

from tests.contract.seams import application, source
from tests.contract.snapshot import hold

STRANGER = {
    "base_url": "https://assistant.example",
    "environ_base": {"REMOTE_ADDR": "203.0.113.7"},
    "headers": {"X-Forwarded-For": "203.0.113.9", "Accept-Language": "es"},
}
ALL_SET = {
    "twilio_auth_token": "0f" * 16, "dashboard_password": "correct horse", "handoff_api_key": "key-of-ours",
    "elevenlabs_webhook_secret": "s1", "chatwoot_webhook_secret": "s2", "d360_webhook_token": "s3",
    "webhook_url": "https://assistant.example", "d360_api_key": "s4", "chatwoot_enabled": True,
    "chatwoot_url": "https://chatwoot.example", "chatwoot_inbox_id": "inbox", "secret_key": "s5",
}  # fmt: skip
VALUES = {
    "conversation_id": 1,
    "campaign_id": 1,
    "draft_id": 1,
    "change": "start",
    "message_id": 1,
    "number": 1,
    "action": "write",
    "filename": "x",
    "key": "x",
    "name": "x",
    "_missing": "x",
}


def refusals(app):
    """(rule, method) and what a stranger without a signature, a key or a login is answered."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            _, url = rule.build({name: VALUES[name] for name in rule.arguments}, append_unknown=False)
            response = app.test_client().open(url, method=method, **STRANGER)
            yield (
                (rule.rule, method),
                f"{response.status_code} {response.headers.get('Location', '')}".strip(),
            )


def test_routes_and_whom_they_refuse(make_app):
    bare, guarded = (dict(refusals(make_app(**values))) for values in ({}, ALL_SET))

    assert bare.keys() == guarded.keys()
    lines = [
        f"{method} {rule} | nothing set: {bare[rule, method]} | all set: {guarded[rule, method]}"
        for rule, method in bare
    ]
    hold("routes.txt", "\n".join(sorted(lines)))


def test_settings():
    lines = [
        f"{name}: {json.dumps(found, ensure_ascii=False, sort_keys=True)}"
        for name, found in application.settings().items()
    ]

    hold("settings.txt", "\n".join(sorted(lines)))


def test_metrics(make_app):
    app = make_app()

    lines = [
        f"{name} | {kind} | {', '.join(labels)} | {text}"
        for name, kind, text, labels in application.metrics(app)
    ]
    lines += [f"{name} | buckets | {', '.join(bounds)}" for name, bounds in application.buckets(app).items()]
    hold("metrics.txt", "\n".join(sorted(lines)))


def test_tables(prepared):
    engine = create_engine(f"sqlite:///{prepared}")
    found = inspect(engine)
    lines = []
    for table in application.our_tables():
        assert found.has_table(table), table
        lines += [
            f"{table}.{c['name']}: {c['type']}{'' if c['nullable'] else ' not null'}, default {c['default']}"
            for c in found.get_columns(table)
        ]
        lines.append(
            f"{table} primary key: {', '.join(found.get_pk_constraint(table)['constrained_columns'])}"
        )
        lines += [
            f"{table} unique {u['name']}: {', '.join(u['column_names'])}"
            for u in found.get_unique_constraints(table)
        ]
        lines += [
            f"{table} foreign key {f['name']}: {', '.join(f['constrained_columns'])} to {f['referred_table']} "
            f"({', '.join(f['referred_columns'])})"
            for f in found.get_foreign_keys(table)
        ]
        lines += [f"{table} check {c['name']}: {c['sqltext']}" for c in found.get_check_constraints(table)]
    with engine.connect() as connection:
        for table in application.our_tables():
            statement = (
                "select sql from sqlite_master"
                " where type in ('index', 'trigger') and tbl_name = ? and sql is not null"
            )
            lines += [" ".join(sql.split()) for (sql,) in connection.exec_driver_sql(statement, (table,))]
    engine.dispose()
    hold("tables.txt", "\n".join(sorted(lines)))


def test_names_that_are_kept(make_app):
    names = application.kept_names(make_app(**ALL_SET))

    lines = [f"{what}: {json.dumps(value, ensure_ascii=False)}" for what, value in names.items()]
    hold("kept_names.txt", "\n".join(lines))


def test_names_of_log_events():
    hold("log_events.txt", "\n".join(source.log_events()))


@pytest.mark.parametrize("public_url", [None, "https://assistant.example"])
def test_the_api_that_is_described(make_app, public_url):
    values = {"webhook_url": public_url, "handoff_api_key": "key-of-ours"} if public_url else {}

    described = make_app(**values).test_client().get("/api/openapi.json").get_json()

    text = json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True)
    hold(f"openapi{'_public' if public_url else ''}.json", text)
