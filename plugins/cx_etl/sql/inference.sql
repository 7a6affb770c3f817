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
