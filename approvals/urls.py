"""The queue, its presses, and Activity."""

from django.urls import path

from approvals.views import (
    activity,
    braking,
    bulk,
    claim,
    clients,
    conversations,
    counter,
    deciding,
    handover,
    ladder,
    reading,
    schedule,
    typing,
    waitlist,
    writing,
)

ITEM = "drafts/<int:item_id>/"
TALKS = "conversations/"
TALK = f"{TALKS}client/<int:client_id>/"
STRANGER = f"{TALKS}message/<int:message_id>/"
WAITLIST = "waitlist/"
ENTRY = f"{WAITLIST}entry/<int:entry_id>/"
OPENING = f"{WAITLIST}opening/<int:opening_id>/"

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
    path(f"{ITEM}ladder/", ladder.ladder, name="item-ladder"),
    path(f"{ITEM}rung/<int:offer_id>/", ladder.rung, name="item-rung"),
    path("conflicts/<int:conflict_id>/dismiss/", schedule.dismiss, name="conflict-dismiss"),
    path("drafts/send-several/", bulk.bulk_approve, name="bulk-approve"),
    path("c/<str:token>", claim.claim, name="claim"),
    path("c/<str:token>/appointment.ics", claim.calendar_file, name="claim-calendar"),
    path(TALKS, conversations.conversations, name="conversations"),
    path(f"{TALKS}rows/", conversations.rows, name="conversation-rows"),
    path(TALK, conversations.conversation, name="conversation"),
    path(f"{TALK}messages/", conversations.messages, name="conversation-messages"),
    path(f"{TALK}write/", writing.write, name="conversation-write"),
    path(f"{TALK}typed/", writing.typed, name="conversation-typed"),
    path(f"{TALK}leave/", writing.leave, name="conversation-leave"),
    path(f"{TALK}wish/", writing.wish, name="conversation-wish"),
    path(f"{TALK}take-back/<int:item_id>/", writing.take_back, name="conversation-take-back"),
    path(STRANGER, conversations.stranger, name="stranger"),
    path(f"{STRANGER}messages/", conversations.stranger_messages, name="stranger-messages"),
    path(f"{STRANGER}settle/", writing.stranger_settle, name="stranger-settle"),
    path(WAITLIST, waitlist.waitlist, name="waitlist"),
    path(f"{WAITLIST}rows/", waitlist.rows, name="waitlist-rows"),
    path(f"{WAITLIST}live/", counter.live, name="openings-live"),
    path(f"{WAITLIST}add/", waitlist.add, name="waitlist-add"),
    path(ENTRY, waitlist.entry, name="waitlist-entry"),
    path(f"{OPENING}give/", counter.give, name="opening-give"),
    path(f"{OPENING}stop/", counter.stop, name="opening-stop"),
    path("sending/paused/", braking.banner, name="sending-banner"),
    path("sending/pause/", braking.pause, name="sending-pause"),
    path("sending/<int:location_id>/resume/", braking.resume, name="sending-resume"),
    path("find/", clients.find, name="find"),
    path("to-call/", clients.to_call, name="to-call"),
    path("clients/<int:client_id>/", clients.client, name="client"),
    path("clients/<int:client_id>/call/", clients.call, name="client-call"),
    path("calls/<int:outcome_id>/undo/", clients.undo, name="call-undo"),
    path("clients/<int:client_id>/mishap/", braking.mishap, name="mishap"),
    path("mishaps/<int:mishap_id>/end/", braking.mishap_end, name="mishap-end"),
    path("handover/", handover.handover, name="handover"),
    path("handover/card/", handover.card, name="handover-card"),
    path("handover/offer/", handover.offer, name="handover-offer"),
    path("handover/<int:handover_id>/accept/", handover.accept, name="handover-accept"),
    path("activity/", activity.activity, name="activity"),
]
