"""Signing in and out, one's password, and what one prefers."""

import ipaddress
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, login, views
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from copilot import throttle
from copilot.access import public, signed_in
from copilot.demo_station import demo_pins, demo_secret
from copilot.stations.middleware import station_of
from core.audit import Actor, audit_record
from integrations.accounts import InvitationError, invitation_accept, invitation_open
from integrations.models import User
from integrations.roles import sessions_end
from integrations.stations import station_by_secret

BACKEND = "django.contrib.auth.backends.ModelBackend"
TOO_MANY = gettext_lazy(
    "Too many attempts. Wait a quarter of an hour, or ask your manager for a new link."
)
WRONG = gettext_lazy("That e-mail address and password do not go together.")
LANGUAGES = tuple(code for code, _name in settings.LANGUAGES)
CHOICES = {
    "theme": ("light", "dark", "system"),
    "keys": ("on", "off"),
    "sounds": ("on", "off"),
    "counter": ("on", "off"),
    "language": ("browser", *LANGUAGES),
}


class SignInForm(AuthenticationForm):
    """One message for every failure: which part was wrong is nobody's business."""

    error_messages = {
        "invalid_login": WRONG,
        "inactive": WRONG,
    }

    def clean(self) -> dict[str, Any]:
        address = address_of(self.request)
        name = str(self.cleaned_data.get("username", ""))
        if throttle.sign_in_blocked(address, name):
            self.add_error(None, TOO_MANY)
            return self.cleaned_data
        found: dict[str, Any] = super().clean()
        return found


class SignIn(views.LoginView):
    template_name = "account/sign_in.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """At a shared device the question is who is there; a password is for setting it up."""
        at_station = station_of(request) is not None and not request.user.is_authenticated
        if at_station and "password" not in request.GET:
            wanted = urlencode({"next": request.GET.get("next", "")})
            return redirect(f"{reverse('station')}?{wanted}")
        shown: HttpResponse = super().get(request, *args, **kwargs)
        return shown

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        throttle.sign_in_worked(address_of(self.request), user.get_username())
        response = super().form_valid(form)
        audit_record(action="account.signed_in", actor=user.as_actor())
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        address, name = address_of(self.request), str(form.data.get("username", ""))[:254]
        if not throttle.sign_in_blocked(address, name):
            throttle.sign_in_failed(address, name)
            actor = Actor("person")
            audit_record(action="account.sign_in_refused", actor=actor, detail={"name": name})
        return super().form_invalid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        people = personas() if is_demo(self.request) else []
        station = station_by_secret(demo_secret()) if people else None
        tablet = demo_pins(station) if station else []
        return super().get_context_data(personas=people, tablet=tablet, **kwargs)


sign_in = public("Somebody who is not signed in has to be able to sign in.")(SignIn.as_view())
sign_out = public("Signing out twice is no error.")(views.LogoutView.as_view(next_page="sign-in"))


@public("Exists in the demo only, and answers this machine alone.")
@require_POST
def demo_persona(request: HttpRequest) -> HttpResponse:
    """One click signs in as a made-up person of the demo."""
    if not is_demo(request):
        raise Http404
    known = {person.pk: person for person in personas()}
    chosen = str(request.POST.get("person", ""))
    person = known.get(int(chosen)) if chosen.isdigit() else None
    if person is None:
        raise PermissionDenied("There is no such person in the demo.")
    login(request, person, backend=BACKEND)
    audit_record(action="account.signed_in", actor=person.as_actor(), facts={"demo": True})
    return redirect("queue")


def is_demo(request: HttpRequest) -> bool:
    """Demo, asked from this machine. Both: a demo left running on a server opens no doors."""
    try:
        return settings.DEMO and ipaddress.ip_address(address_of(request)).is_loopback
    except ValueError:
        return False


def personas() -> list[User]:
    found = get_user_model().objects.filter(is_active=True, preferences__has_key="persona")
    return list(found.order_by("id"))


def address_of(request: HttpRequest | None) -> str:
    return str(request.META.get("REMOTE_ADDR", "")) if request is not None else ""


@method_decorator(signed_in, name="dispatch")
class Password(views.PasswordChangeView):
    template_name = "account/password.html"
    success_url = reverse_lazy("preferences")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if getattr(request.user, "at_station", None) is not None:
            raise PermissionDenied("Change your password on a device of your own.")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        audit_record(action="account.password_changed", actor=form.user.as_actor())
        messages.success(self.request, _("Your password is changed."))
        return response


password = signed_in(Password.as_view())


class NewPassword(views.PasswordResetConfirmView):
    """Behind the link that a manager sent: choose a new password. The link works once."""

    template_name = "account/new_password.html"
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        throttle.sign_in_forgive(form.user.email)
        sessions_end(form.user)
        audit_record(action="account.password_changed", actor=form.user.as_actor())
        messages.success(self.request, "Your password is changed. Sign in with it.")
        return response


new_password = public("The link itself is the proof: it works once, sent to one address.")(
    NewPassword.as_view()
)


@signed_in
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """What one prefers. A form from a script may send only the part that changed."""
    if request.method != "POST":
        return render(request, "account/preferences.html")
    wanted = {
        name: request.POST[name]
        for name, allowed in CHOICES.items()
        if request.POST.get(name) in allowed
    }
    with transaction.atomic():
        user = get_object_or_404(User.objects.select_for_update(), pk=request.user.pk)
        user.preferences = {**user.preferences, **wanted, **_reads(request)}
        user.save(update_fields=["preferences"])
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204)
    with translation.override(user.language or translation.get_language()):
        messages.success(request, _("Saved."))
    return HttpResponseRedirect(request.path)


def _reads(request: HttpRequest) -> dict[str, list[str]]:
    """The languages somebody reads, where the form asked; none ticked means the standing ones."""
    if "reads_asked" not in request.POST:
        return {}
    return {"languages": [one for one in LANGUAGES if one in request.POST.getlist("reads")]}


@public("The link itself is the proof: it is single-use and was sent to one address.")
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a name and a password behind an invitation's link."""
    context: dict[str, Any] = {"name": str(request.POST.get("name", ""))[:160]}
    try:
        context["invitation"] = invitation_open(token)
        if request.method == "POST":
            password = str(request.POST.get("password", ""))
            if password != request.POST.get("again"):
                raise ValidationError(_("The two passwords are not the same."))
            invitation_accept(token, context["name"], password)
            messages.success(request, "Welcome. Sign in with your new password.")
            return redirect("sign-in")
    except InvitationError as error:
        context["gone"] = str(error)
    except ValidationError as error:
        context["problems"] = error.messages
    return render(request, "account/invitation.html", context)
