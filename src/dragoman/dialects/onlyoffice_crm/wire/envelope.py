"""The envelope around every answer, and the format that it has (page, 1.1 and 5).

The XML is the JSON turned into elements under `<result>`, so an answer is built once, as plain values.
"""

import re
from collections.abc import Mapping
from typing import Any

from dragoman.dialects.kit import Reply, Request, json, xml
from dragoman.domain.ids import new_id

JSON_TYPE = "application/json; charset=UTF-8"
XML_TYPE = "text/xml; charset=UTF-8"

_XML_TYPES = ("text/xml", "application/xml")
_QUALITY = re.compile(r"(?:^|;)\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)", re.IGNORECASE)


def success(
    status: int,
    response: Any,
    *,
    count: int = 1,
    start: int = 0,
    next_index: int | None = None,
    total: int | None = None,
) -> dict[str, Any]:
    """The members of an answer that went well, in the vendor's order; what is zero there is left out."""
    members: dict[str, Any] = {}
    if count:
        members["count"] = count
    if start:
        members["startIndex"] = start
    if next_index is not None:
        members["nextIndex"] = next_index
    if total is not None:
        members["total"] = total
    return members | {"status": 0, "statusCode": status, "response": response}


def failure(status: int, message: str, hresult: int, data: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The members of a refusal."""
    error = {"message": message, "hresult": hresult, "data": dict(data or {})}
    return {"status": 1, "statusCode": status, "error": error}


def reply(request: Request, default_format: str, members: dict[str, Any]) -> Reply:
    """The answer in the format that the request asks for. Its ETag is new each time, as the vendor's is."""
    status: int = members["statusCode"]
    headers = [("Cache-Control", "private, max-age=0"), ("ETag", f'"{new_id()}"')]
    if wants_xml(request, default_format):
        return Reply(status, xml.render("result", members), XML_TYPE, headers)
    return Reply(status, json.encode(members), JSON_TYPE, headers)


def wants_xml(request: Request, default_format: str = "json") -> bool:
    """The six rows of the page's 1.1, in their order."""
    content_type = request.headers.get("content-type", "").strip().lower()
    if request.extension:
        return request.extension != ".json" and content_type != "application/json"
    if content_type.partition(";")[0].rstrip() == "application/json":
        return False
    accept = request.headers.get("accept")
    if accept is None or accept == "*/*":
        return default_format == "xml"
    return _prefers_xml(accept, default_format)


def _prefers_xml(accept: str, default_format: str) -> bool:
    """Whether XML is accepted by name, with a higher quality than JSON. A browser, which lists HTML, gets JSON."""
    qualities = dict(map(_read_range, accept.split(",")))
    asked = max(qualities.get(name, 0.0) for name in _XML_TYPES)
    ranges = ("application/json", "application/*", "*/*")
    json_quality = next((qualities[name] for name in ranges if name in qualities), 0.0)
    if asked > json_quality and "text/html" not in qualities:
        return True
    return default_format == "xml" and qualities.get("application/json", 0.0) <= asked


def _read_range(text: str) -> tuple[str, float]:
    name, _, parameters = text.partition(";")
    quality = _QUALITY.search(parameters)
    return name.strip().lower(), 1.0 if quality is None else min(1.0, float(quality[1]))
