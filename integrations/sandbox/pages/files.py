"""The stylesheet and the script, and the page for an unknown address."""

from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
_FOLDER = Path(__file__).parent.parent / "static" / "sandbox"
_FILES = {file.name: file for file in _FOLDER.iterdir() if file.suffix in _TYPES}


def static(request: HttpRequest, name: str) -> HttpResponse:
    found = _FILES.get(name)
    if found is None:
        return HttpResponse("No such file.", status=404, content_type="text/plain")
    answer = HttpResponse(found.read_bytes(), content_type=_TYPES[found.suffix])
    answer["Cache-Control"] = "no-cache"
    return answer


def missing(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if request.path.startswith(("/v1/", "/sandbox/")):
        body = {"error": {"code": "not_found", "message": "There is nothing here."}}
        return JsonResponse(body, status=404)
    return render(request, "sandbox/missing.html", status=404)
