"""The product's addresses and ``/hooks/bare/``: one raw INSERT, nothing else."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    body = request.body
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_bare (body) VALUES (%s)", [body])
    return HttpResponse(status=202)


urlpatterns = [path("hooks/bare/", bare), path("", include("copilot.urls"))]
