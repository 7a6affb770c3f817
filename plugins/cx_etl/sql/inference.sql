-- What steps between the models infer. Each table can be made anew: `cx build` fills what is missing.

-- One row per distinct comment that the models hold, as the model version of that row judged it. The comment itself
-- stays in the models: it is a person's own words.
create table if not exists inference.comments (
    comment_hash text primary key,
    model_version text not null,
    language text not null,
    script text not null,
    language_confidence numeric(4, 3) not null,
    sentiment text not null check (sentiment in ('positive', 'neutral', 'negative')),
    sentiment_score numeric(5, 4) not null,
    positive_words text[] not null,
    negative_words text[] not null,
    themes text[] not null,
    matched_words text[] not null
);

-- One row per comment and theme that occurs in it, with the lexicon's terms that told it.
create table if not exists inference.comment_themes (
    comment_hash text not null references inference.comments on delete cascade,
    theme text not null,
    matched_words text[] not null,
    primary key (comment_hash, theme)
);

-- What the steps of a build infer. Each table can be made anew from the models that its step reads.

-- One row per model and the date on which it was fitted. At the start of a month only orders before that day count; at
-- the as-of date its own count too. The same input (fingerprint) is not fitted twice.
create table if not exists inference.lifetime_parameters (
    model text not null check (model in ('bg_nbd', 'gamma_gamma')),
    fitted_on date not null,
    is_month_start boolean not null,
    status text not null check (status in ('fitted', 'too_few_customers', 'not_converged')),
    reason text,
    customers integer not null,
    repeat_customers integer not null,
    r double precision,
    alpha double precision,
    a double precision,
    b double precision,
    p double precision,
    q double precision,
    gamma double precision,
    correlation double precision,
    log_likelihood double precision,
    iterations integer,
    fingerprint text not null,
    primary key (model, fitted_on, is_month_start)
);

-- One row per customer with an order, as of the build's as-of date. Figures of a model without parameters are null.
create table if not exists inference.customer_lifetimes (
    customer_key text primary key,
    as_of_date date not null,
    repeat_days integer not null,
    recency_days integer not null,
    age_days integer not null,
    valued_days integer not null,
    mean_value numeric(18, 6),
    p_alive numeric(20, 6),
    expected_orders_90d numeric(20, 6),
    expected_order_value numeric(18, 2),
    clv_predicted numeric(18, 2)
);

-- One row per customer and start of a month at which the rule p_alive came to say something else of the customer.
create table if not exists inference.lifetime_states (
    customer_key text not null,
    month date not null,
    state text not null check (state in ('unknown', 'active', 'lost')),
    primary key (customer_key, month)
);

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

-- Unlike the others a history: what each publication's successor changed cannot be inferred once versions are pruned.

-- One row per changed fact and date by which metrics count it, against the publication that was the newest.
create table if not exists inference.restated_facts (
    since_publication_id bigint not null,
    fact text not null,
    fact_key text not null,
    dated_by text not null,
    old_date date,
    new_date date,
    change text not null check (change in ('added', 'changed', 'removed')),
    reason text not null,
    changed_columns text[] not null,
    segments text[] not null,
    primary key (since_publication_id, fact, fact_key, dated_by)
);

-- One row per figure of a period that was over, and is another one than the publication said.
create table if not exists inference.restatements (
    since_publication_id bigint not null,
    metric_variant text not null,
    grain text not null,
    period_start date not null,
    segment_name text not null,
    segment_value text not null,
    period_end date not null,
    old_value numeric(20, 6),
    new_value numeric(20, 6),
    old_n integer not null,
    new_n integer not null,
    old_numerator numeric(20, 6),
    new_numerator numeric(20, 6),
    was_complete boolean not null,
    made_otherwise boolean not null,
    reason text not null,
    reasons jsonb not null,
    primary key (since_publication_id, metric_variant, grain, period_start, segment_name, segment_value)
);
