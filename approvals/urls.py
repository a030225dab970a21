"""The queue, its presses, and Activity."""

from django.urls import path

from approvals.views import activity, bulk, claim, deciding, reading, typing

ITEM = "drafts/<int:item_id>/"

urlpatterns = [
    path("", reading.queue, name="queue"),
    path("queue/rows/", reading.rows, name="queue-rows"),
    path(ITEM, reading.item, name="item"),
    path(f"{ITEM}background/", reading.background, name="item-background"),
    path(f"{ITEM}approve/", deciding.approve, name="item-approve"),
    path(f"{ITEM}edit/", deciding.edit, name="item-edit"),
    path(f"{ITEM}leave-editor/", deciding.drop_typed, name="item-leave-editor"),
    path(f"{ITEM}reject/", deciding.reject, name="item-reject"),
    path(f"{ITEM}snooze/", deciding.snooze, name="item-snooze"),
    path(f"{ITEM}undo/", deciding.undo, name="item-undo"),
    path(f"{ITEM}regenerate/", deciding.regenerate, name="item-regenerate"),
    path(f"{ITEM}handled/", deciding.handled, name="item-handled"),
    path(f"{ITEM}by-hand/", deciding.by_hand, name="item-by-hand"),
    path(f"{ITEM}settle/", deciding.settle, name="item-settle"),
    path(f"{ITEM}typed/", typing.typed, name="item-typed"),
    path(f"{ITEM}presence/", typing.presence, name="item-presence"),
    path("drafts/send-several/", bulk.bulk_approve, name="bulk-approve"),
    path("c/<str:token>", claim.claim, name="claim"),
    path("c/<str:token>/appointment.ics", claim.calendar_file, name="claim-calendar"),
    path("activity/", activity.activity, name="activity"),
]
