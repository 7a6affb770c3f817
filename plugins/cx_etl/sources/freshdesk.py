"""Freshdesk: tickets with their statistics, conversations, satisfaction ratings, contacts, agents, groups, companies.

The key's agent must see all tickets (global access); every walk over tickets asks for that first. Limits: 100 (Growth)
to 700 (Enterprise) credits a minute; a call costs one, and two more per include. Cannot see: archived tickets, tickets
deleted for good between two nights, ratings changed more than 14 days after they were given.
"""

from collections.abc import Callable
from datetime import timedelta

import msgspec

from cx_etl.sources import freshdesk_api as api
from cx_etl.sources.base import Answer, Budget, Probe, Request, Source, Stream, Table, Window, records_under
from cx_etl.sources.freshdesk_records import (
    Agent,
    Company,
    Contact,
    Conversation,
    Group,
    RatingAnswer,
    SatisfactionRating,
    Survey,
    Ticket,
    split_ratings,
)


def _judge_surveys(answer: Answer) -> str:
    return api.not_in_the_plan(answer) if answer.status == 403 else "readable"


def _judge_archive(answer: Answer) -> str:
    if answer.status == 403:
        return api.not_in_the_plan(answer)
    return "on: tickets closed long ago are in no list; what was loaded before stays"


def _list_stream(name: str, contract: type[msgspec.Struct], start: Callable[[Window], tuple[Request, ...]]) -> Stream:
    """A list that is read whole each night."""
    return Stream(
        name=name,
        tables=(Table(f"freshdesk__{name}", contract, "id"),),
        start=start,
        read=api.read_list,
        split=records_under(""),
        version_at=lambda record: record.updated_at,
        found_by="",
        absent_is_deleted=True,
    )


SOURCE = Source(
    name="freshdesk",
    auth=api.login,
    quota=api.quota,
    # Of the smallest plan that is paid for; what the account really has is in every answer.
    budgets=(
        Budget("credits, Growth plan", 100, 60),
        Budget("ticket pages of 7 credits", 14, 60, ("tickets",)),
    ),
    probes=(
        Probe("credentials and scope", Request(api.ME), api.require_all_tickets),
        Probe("satisfaction ratings", api.first_page(api.RATINGS).but(accepts=(403,)), _judge_surveys),
        Probe("ticket archive", Request(f"{api.TICKETS}/archived/1", accepts=(403, 404)), _judge_archive),
    ),
    streams=(
        Stream(
            name="tickets",
            tables=(Table("freshdesk__tickets", Ticket, "id"),),
            start=api.walk_of_tickets,
            read=api.read_tickets,
            split=records_under(""),
            version_at=lambda ticket: ticket.updated_at,
            deleted_at=lambda ticket: ticket.updated_at if ticket.filter == "deleted" else None,
            context_fields=("filter",),
            found_by="updated_at",
        ),
        Stream(
            name="conversations",
            tables=(Table("freshdesk__conversations", Conversation, "id"),),
            start=api.walk_of_tickets,
            read=api.read_conversations,
            split=records_under(""),
            version_at=lambda conversation: conversation.updated_at,
            # A conversation that begins changes its ticket, which is how it is found.
            found_by="created_at",
        ),
        Stream(
            name="satisfaction_ratings",
            tables=(
                Table("freshdesk__satisfaction_ratings", SatisfactionRating, "id"),
                Table("freshdesk__rating_answers", RatingAnswer, ("rating_id", "question"), part_of=("rating_id",)),
            ),
            start=api.ratings,
            read=api.read_list,
            split=split_ratings,
            version_at=lambda rating: rating.updated_at,
            # The filter reads the time a rating was given, and customers change their mind later.
            overlap=timedelta(days=14),
            found_by="created_at",
        ),
        _list_stream("surveys", Survey, api.surveys),
        Stream(
            name="contacts",
            tables=(Table("freshdesk__contacts", Contact, "id"),),
            start=api.contacts,
            read=api.read_list,
            split=records_under(""),
            version_at=lambda contact: contact.updated_at,
            deleted_at=lambda contact: contact.updated_at if contact.state == "deleted" else None,
            context_fields=("state",),
            found_by="",
            absent_is_deleted=True,
        ),
        _list_stream("agents", Agent, api.whole_list("/api/v2/agents")),
        _list_stream("groups", Group, api.whole_list("/api/v2/groups")),
        _list_stream("companies", Company, api.whole_list("/api/v2/companies")),
    ),
)
