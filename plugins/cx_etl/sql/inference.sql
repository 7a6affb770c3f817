-- What the steps of a build infer. Each table can be made anew from the models that its step reads, but for the keys of
-- customers: they are a history, without which customers are the same and their keys are not.

-- One row per key a customer was ever given, in the order in which they were. The customer with the founder has the
-- key; of several keys the lowest number.
create table if not exists inference.customers (
    customer_key text primary key,
    number bigint not null unique,
    founder_identity_key text not null,
    founded_as_of date not null
);

-- One row per identity of the newest build with the key of its customer.
create table if not exists inference.customer_identities (
    identity_key text primary key,
    customer_key text not null
);

-- One row per pair of customers between which identities went. merged: the first is no more. split: the second is new.
-- moved: both were and are.
create table if not exists inference.identity_changes (
    change_id bigint generated always as identity primary key,
    as_of_date date not null,
    change text not null check (change in ('merged', 'split', 'moved')),
    from_customer_key text not null,
    to_customer_key text not null,
    identities integer not null,
    rules text not null,
    recorded_at timestamptz not null default now()
);
