-- Schemas, roles and ops tables. Idempotent: run at every start. Raw tables are made from their contracts (load.py),
-- mart tables by dbt's versioned materialization.
create schema if not exists raw;
create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists inference;
create schema if not exists marts_versions;
create schema if not exists audit;
create schema if not exists marts;
create schema if not exists ops;

-- Records that broke their contract, whole, until replayed.
create table if not exists raw.quarantine (
    quarantine_id bigint generated always as identity primary key,
    source text not null,
    account text not null,
    stream text not null,
    natural_key text,
    reason text not null,
    table_name text not null,
    payload bytea not null,
    context jsonb not null default '{}',
    landing_file text not null,
    record_offset integer not null,
    payload_hash bytea not null,
    night date not null,
    run_id text not null,
    observed_at timestamptz not null,
    quarantined_at timestamptz not null default now(),
    replayed_at timestamptz,
    unique (source, account, stream, payload_hash)
);

-- What the figures lack: one row per stream with records that broke their contract and were not replayed since.
create or replace view ops.held_records as
select source, stream, count(*) as records
from raw.quarantine
where replayed_at is null
group by source, stream;

-- One row per stream and night: the latest load of that night.
create table if not exists ops.loads (
    source text not null,
    account text not null,
    stream text not null,
    night date not null,
    run_id text not null,
    window_from timestamptz,
    window_to timestamptz not null,
    pages integer not null,
    calls integer not null,
    rows_read bigint not null,
    rows_new bigint not null,
    rows_changed bigint not null,
    rows_same bigint not null,
    rows_rejected bigint not null,
    bytes bigint not null,
    vendor_total bigint,
    unknown_fields jsonb not null default '{}',
    cursor_before text,
    cursor_after text,
    seconds double precision not null,
    status text not null check (status in ('done', 'failed')),
    error text,
    loaded_at timestamptz not null default now(),
    primary key (source, account, stream, night)
);
alter table ops.loads add column if not exists quota_used double precision;
alter table ops.loads add column if not exists quota_left double precision;
alter table ops.loads add column if not exists rows_deleted bigint not null default 0;
-- New or changed rows that by the watermark should have been there before: what the overlap brought in.
alter table ops.loads add column if not exists rows_late bigint not null default 0;
-- What the vendor no longer gives, and why that is no loss: a survey that was deleted while it was walked.
alter table ops.loads add column if not exists notes text[] not null default '{}';

-- Fields that records have and their contract does not. Those of a stream's first load are its baseline; later ones are
-- news that `cx status` tells.
create table if not exists ops.undeclared_fields (
    source text not null,
    account text not null,
    stream text not null,
    field text not null,
    first_night date not null,
    is_baseline boolean not null,
    first_seen_at timestamptz not null default now(),
    primary key (source, account, stream, field)
);

-- What the weekly walk over a longer window found that the nightly path had missed, per stream.
create table if not exists ops.reconciliations (
    source text not null,
    account text not null,
    stream text not null,
    night date not null,
    run_id text not null,
    window_from timestamptz not null,
    window_to timestamptz not null,
    records_walked bigint not null,
    missed_new bigint not null,
    missed_changes bigint not null,
    missed_deletes bigint not null,
    rejected bigint not null,
    seconds double precision not null,
    reconciled_at timestamptz not null default now(),
    primary key (source, account, stream, run_id)
);

-- How far each stream is proven complete. Written only together with the rows that prove it.
create table if not exists ops.watermarks (
    source text not null,
    account text not null,
    stream text not null,
    watermark_at timestamptz not null,
    cursor text,
    night date not null,
    updated_at timestamptz not null default now(),
    primary key (source, account, stream)
);

-- Which file of a drop was loaded from where: one row per delivery. A file is moved away after its load; until it has
-- been, moved_to is null, and the next extraction makes it up.
create table if not exists ops.files (
    source text not null,
    account text not null,
    stream text not null,
    name text not null,
    sha256 text not null,
    bytes bigint not null,
    modified_at timestamptz not null,
    rows bigint not null,
    -- loaded; repeated: its content was loaded before; superseded: a newer whole list came the same night.
    outcome text not null check (outcome in ('loaded', 'repeated', 'superseded')),
    detected jsonb not null default '{}',
    night date not null,
    run_id text not null,
    loaded_at timestamptz not null default now(),
    moved_to text,
    primary key (source, account, stream, name, sha256, modified_at)
);

-- What each survey question measures, from cx.toml and the dataset. Nothing is scored that is not here.
create table if not exists ops.metric_declarations (
    source text not null,
    form_id text not null,
    field_ref text not null,
    metric text not null check (metric in ('nps', 'csat', 'ces')),
    scale_min integer not null,
    scale_max integer not null,
    direction text not null check (direction in ('high_is_good', 'low_is_good')),
    primary key (source, form_id, field_ref)
);

-- The hours of support where a helpdesk has no schedule of its own, from cx.toml: minutes since Sunday midnight.
create table if not exists ops.business_hours (
    time_zone text not null,
    start_minute_of_week integer not null check (start_minute_of_week >= 0),
    end_minute_of_week integer not null check (end_minute_of_week > start_minute_of_week),
    primary key (start_minute_of_week, end_minute_of_week)
);
create table if not exists ops.business_holidays (day date primary key);

-- One row per run of the models. build_id is the id that a publication of it gets.
create table if not exists ops.builds (
    build_id bigint generated always as identity primary key,
    night date not null,
    as_of_date date not null,
    status text not null check (status in ('running', 'built', 'failed')),
    rows_changed bigint,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    error text
);
-- Rows that came into raw from then on are news to the build that continues this one.
alter table ops.builds add column if not exists raw_read_at timestamptz;
-- What decides what a build makes of the same rows: models, inferences, settings. Another hash may give other figures.
alter table ops.builds add column if not exists made_by text;
-- The build whose tables stand in schema intermediate. It loses its row when they lose theirs, in a crash of the server,
-- and while a build is under way; delete the row, and the next build makes everything.
create unlogged table if not exists ops.standing_build (
    only_row boolean primary key default true check (only_row),
    build_id bigint not null,
    made_by text not null
);

-- Per build and mart: versions opened and closed, written by the versioned materialization.
create table if not exists ops.build_marts (
    build_id bigint not null,
    mart text not null,
    rows_total bigint not null,
    versions_opened bigint not null,
    versions_closed bigint not null,
    primary key (build_id, mart)
);

create table if not exists ops.gate_results (
    build_id bigint not null,
    mart text not null,
    expectation text not null,
    severity text not null check (severity in ('critical', 'warning', 'info')),
    success boolean not null,
    observed text,
    reason text not null,
    owner text not null,
    evidence text,
    checked_at timestamptz not null default now(),
    primary key (build_id, mart, expectation)
);

create table if not exists ops.publications (
    publication_id bigint primary key,
    night date not null,
    as_of_date date not null,
    published_at timestamptz not null default now(),
    warnings integer not null default 0,
    rows_changed bigint not null
);

-- Its rows are gone, by [retention] of the settings.
alter table ops.publications add column if not exists pruned_at timestamptz;

-- One row: what readers see. Every change of it is an event in ops.publication_events.
create table if not exists ops.current_publication (
    only_row boolean primary key default true check (only_row),
    publication_id bigint not null references ops.publications
);

create table if not exists ops.publication_events (
    event_id bigint generated always as identity primary key,
    event text not null check (event in ('publish', 'rollback')),
    publication_id bigint not null,
    previous_publication_id bigint,
    happened_at timestamptz not null default now()
);

create table if not exists ops.snapshots (
    publication_id bigint primary key,
    night date not null,
    path text not null,
    sha256 text not null,
    rendered_at timestamptz not null default now()
);

-- Erased people, by a keyed hash of their address: nobody reads here who they were, and a load recognises them.
create table if not exists ops.erasures (
    address_mark text primary key,
    erased_at timestamptz not null default now()
);

-- By a keyed hash of table, account and key: the records that were theirs, so that what leads to these is theirs, too.
create table if not exists ops.erased_records (
    record_mark text primary key,
    address_mark text not null references ops.erasures
);

-- The send ledger: what became of the mail of a night's publication to one recipient of a subscription (docs/mail.md).
-- claimed: being sent until lease_until; unknown after that, as after a connection that broke while the server decided.
create table if not exists ops.sends (
    night date not null,
    publication_id bigint not null,
    subscription text not null,
    recipient text not null,
    edition text not null check (edition in ('new', 'no_new_data', 'kept')),
    status text not null check (status in ('claimed', 'sent', 'skipped', 'failed', 'refused', 'unknown')),
    reason text,
    message_id text,
    attempts integer not null default 0,
    lease_until timestamptz,
    sent_at timestamptz,
    recorded_at timestamptz not null default now(),
    primary key (night, publication_id, subscription, recipient)
);
