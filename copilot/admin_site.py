"""The admin site: open to superusers and to those who may tune agents somewhere."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from approvals.permissions import rights_of


class DeskAdminSite(admin.AdminSite):
    site_header = "Front Desk Copilot"
    site_title = "Front Desk Copilot"
    index_title = "Set up"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        if not user.is_active or user.is_anonymous:
            return False
        return bool(user.is_superuser) or rights_of(user).any("tune_agents")
