"""Where a page gets the right to listen to live hints."""

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from approvals.permissions import requires
from copilot.listening import TOKEN_SECONDS, token_make
from integrations.models.rights import RIGHTS


@require_GET
@requires(*RIGHTS)
def stream_token(request: HttpRequest) -> JsonResponse:
    """A token for the locations of this person, and where to use it ('' where no stream runs)."""
    rights = request.rights  # type: ignore[attr-defined]
    return JsonResponse(
        {
            "stream": f"{settings.STREAM_ORIGIN}/stream",
            "token": token_make(rights.user_id, rights.locations),
            "seconds": TOKEN_SECONDS,
        }
    )
