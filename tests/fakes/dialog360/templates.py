"""The templates of the fake 360dialog's number, a page at a time."""

from typing import Any

from tests.fakes.dialog360.shapes import Reply, Request

BODY = "Hola {{1}}, le esperamos el {{2}}."


class Templates:
    """The templates, in the order of their making. most: of a page, whatever is asked for."""

    def __init__(self) -> None:
        self.listed: list[dict[str, Any]] = []
        self.most = 1000

    def has(
        self, name: str, language: str = "es", body: str = BODY, *more: dict[str, Any], **values: Any
    ) -> None:
        """Add a template. more: its other components. values: by their names in 360dialog's answer."""
        components = [{"type": "BODY", "text": body, "example": {"body_text": [["x"]]}}, *more]
        self.listed.append(
            {
                "name": name,
                "language": language,
                "category": "UTILITY",
                "status": "approved",
                "rejected_reason": "NONE",
                "namespace": "f5a0b9ce_ba0e_4f5b_9dd3_2c1e1f0f7d3a",
                "components": components,
                **values,
            }
        )

    def page(self, request: Request) -> Reply:
        offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 1000))
        page = self.listed[offset : offset + min(limit, self.most)]
        told = {
            "count": len(page),
            "total": len(self.listed),
            "offset": offset,
            "limit": limit,
            "sort": ["id"],
        }
        return Reply(200, {"waba_templates": page, "filters": {}, **told})
