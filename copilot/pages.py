"""The addresses of the pages that span the other parts."""

from django.urls import path

from copilot.ask.urls import urlpatterns as ask_urls
from copilot.audit.urls import urlpatterns as audit_urls
from copilot.connect.urls import urlpatterns as connect_urls
from copilot.digest.urls import urlpatterns as digest_urls
from copilot.impact.urls import urlpatterns as impact_urls
from copilot.leaving.urls import urlpatterns as leaving_urls
from copilot.returning.urls import urlpatterns as returning_urls
from copilot.scripts import scripts
from copilot.stations.urls import urlpatterns as station_urls
from copilot.views import (
    accounts,
    checkout,
    matching,
    material,
    quality,
    stream_token,
    today,
)
from copilot.visits.urls import urlpatterns as visit_urls

urlpatterns = [
    *connect_urls,
    *station_urls,
    *digest_urls,
    *returning_urls,
    *audit_urls,
    *ask_urls,
    *visit_urls,
    *impact_urls,
    *leaving_urls,
    path("today/", today.today, name="today"),
    path("quality/", quality.quality, name="quality"),
    path("quality/settings/", quality.trust, name="quality-trust"),
    path("quality/let-go/", quality.let_go, name="quality-let-go"),
    path("quality/<int:grant_id>/end/", quality.end, name="quality-end"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("checkout/live/", checkout.live, name="checkout-live"),
    path("checkout/<int:idea_id>/answer/", checkout.answer, name="checkout-answer"),
    path("ask/material/", material.index, name="material"),
    path("ask/material/<int:pk>/", material.source, name="material-source"),
    path("waitlist/matching/", matching.settings, name="matching"),
    path("sign-in/", accounts.sign_in, name="sign-in"),
    path("sign-out/", accounts.sign_out, name="sign-out"),
    path("invitation/<str:token>/", accounts.invitation, name="invitation"),
    path("password/", accounts.password, name="password"),
    path("preferences/", accounts.preferences, name="preferences"),
    path("demo/persona/", accounts.demo_persona, name="demo-persona"),
    path("scripts/<str:name>.<str:language>.<str:known>.js", scripts, name="scripts"),
    path("stream-token/", stream_token.stream_token, name="stream-token"),
]
