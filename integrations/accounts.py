"""Sign-ins: invitations by a single-use link, of which only the hash is kept."""

import hashlib
import secrets
from datetime import date, timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from core import clock
from core.audit import Actor, audit_record
from integrations.models import Connection, HandGrant, Invitation, Location, StaffMember, User
from integrations.roles import role_name, roles_sync

VALID_FOR = timedelta(days=7)


class InvitationError(Exception):
    """An invitation that cannot be made or used; ``plain`` says why and what to do."""

    def __init__(self, plain: str) -> None:
        super().__init__(plain)
        self.plain = plain


@transaction.atomic
def invitation_create(
    *,
    actor: Actor,
    staff: StaffMember | None = None,
    location: Location | None = None,
    role: str = "",
    email: str = "",
    name: str = "",
    ends_on: date | None = None,
) -> tuple[Invitation, str]:
    """Invite a StaffMember, or somebody by hand for one role at one location.

    Returns the row and the token of the link, which is e-mailed and kept nowhere. An earlier open
    invitation to the same address ends.
    """
    if staff is not None:
        email, name = email or staff.email, name or staff.name
    connection = _connection_of(staff, location, role)
    email = email.strip().lower()
    if "@" not in email:
        raise InvitationError("There is no e-mail address. Enter one.")
    token = secrets.token_urlsafe(32)
    Invitation.objects.filter(connection=connection, email=email, used_at=None).update(
        expires_at=clock.now()
    )
    invitation = Invitation.objects.create(
        connection=connection,
        staff=staff,
        grant_location=location,
        grant_role=role_name(role),
        grant_ends_on=ends_on,
        email=email,
        name=name.strip() or email,
        token_sha256=_digest(token),
        created_by=actor.name,
        expires_at=clock.now() + VALID_FOR,
    )
    _audit("invitation.sent", actor, invitation)
    transaction.on_commit(lambda: _send(invitation, token))
    return invitation, token


def _connection_of(staff: StaffMember | None, location: Location | None, role: str) -> Connection:
    if staff is not None:
        if not staff.active or staff.deleted_at is not None:
            raise InvitationError(f"{staff.name} does not work here any more.")
        return staff.connection
    if location is None or not role_name(role):
        raise InvitationError("Choose a location and a role.")
    return location.connection


def password_link_send(*, actor: Actor, user: User) -> str:
    """A link by which somebody chooses a new password: for once, to their own address.

    Returns it, for an inviter without a mail server. It dies with the next sign-in, with the
    password it replaces, and after PASSWORD_RESET_TIMEOUT seconds.
    """
    if not user.is_active:
        raise InvitationError(f"{user.name} cannot sign in any more.")
    number = urlsafe_base64_encode(force_bytes(user.pk))
    link = (
        f"{settings.WEB_ORIGIN}/password/new/{number}/{default_token_generator.make_token(user)}/"
    )
    audit_record(action="account.password_link", actor=actor, subject=f"user:{user.pk}")
    words = f"Hello {user.name},\n\n{actor.name} sends you this link to choose a new password:"
    transaction.on_commit(
        lambda: send_mail(
            "A new password for Front Desk Copilot", f"{words}\n\n{link}\n", None, [user.email]
        )
    )
    return link


def invitation_link(token: str) -> str:
    return f"{settings.WEB_ORIGIN}/invitation/{token}/"


def _send(invitation: Invitation, token: str) -> None:
    days = VALID_FOR.days
    send_mail(
        "Your sign-in for Front Desk Copilot",
        f"Hello {invitation.name},\n\n{invitation.created_by} invites you to "
        f"{invitation.connection.name}. Choose your password here:\n\n{invitation_link(token)}\n\n"
        f"The link works once, and for {days} days.\n",
        None,
        [invitation.email],
    )


def invitation_open(token: str) -> Invitation:
    """The invitation behind a link; raises InvitationError when it was used or has run out."""
    found = Invitation.objects.filter(token_sha256=_digest(token)).first()
    if found is None:
        raise InvitationError("This link is not one of ours. Ask for a new invitation.")
    if found.used_at is not None:
        raise InvitationError("This link was used already. Sign in, or ask for a new one.")
    if found.expires_at <= clock.now():
        raise InvitationError("This link has run out. Ask for a new invitation.")
    return found


@transaction.atomic
def invitation_accept(token: str, name: str, password: str) -> User:
    """Make the sign-in and give its roles. Raises InvitationError, or ValidationError for a weak
    password; then the link can still be used.

    Somebody who has a sign-in keeps name and password: the link only adds the role.
    """
    invitation = invitation_open(token)
    user = User.objects.filter(email=invitation.email).first()
    if user is None:
        user = User(email=invitation.email, name=name.strip() or invitation.name)
        validate_password(password, user)
        user.set_password(password)
        user.save()
    elif not user.is_active:
        validate_password(password, user)
        user.set_password(password)
        user.is_active = True
        user.save()
    used = Invitation.objects.filter(pk=invitation.pk, used_at=None).update(used_at=clock.now())
    if not used:
        raise InvitationError("This link was used already. Sign in, or ask for a new one.")
    _attach(invitation, user)
    _audit("invitation.accepted", user.as_actor(), invitation)
    roles_sync(invitation.connection)
    return user


def _attach(invitation: Invitation, user: User) -> None:
    staff = invitation.staff
    if staff is not None:
        if staff.user_id not in (None, user.pk):
            raise InvitationError("This person has a sign-in already. Sign in with it.")
        if StaffMember.objects.filter(user=user).exclude(pk=staff.pk).exists():
            raise InvitationError("This e-mail address belongs to somebody else on the staff.")
        staff.user = user
        staff.save(update_fields=["user"])
    elif invitation.grant_location is not None:
        HandGrant.objects.update_or_create(
            user=user,
            location=invitation.grant_location,
            role=invitation.grant_role,
            defaults={
                "ends_on": invitation.grant_ends_on,
                "granted_by": invitation.created_by,
                "granted_at": clock.now(),
            },
        )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _audit(action: str, actor: Actor, invitation: Invitation) -> None:
    audit_record(
        action=action,
        actor=actor,
        connection=invitation.connection_id,
        subject=f"invitation:{invitation.pk}",
        facts={"role": invitation.grant_role, "staff": invitation.staff_id or ""},
        detail={"email": invitation.email},
    )
