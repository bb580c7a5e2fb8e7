-- What models were asked and what it came to, by session, model and day (UTC). Rows stay when their session goes: it was used.
CREATE TABLE usage (
    session            TEXT    NOT NULL,
    model              TEXT    NOT NULL,
    day                TEXT    NOT NULL,
    model_calls        INTEGER NOT NULL,
    input_tokens       INTEGER NOT NULL,
    cached_tokens      INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cost_micros        INTEGER NOT NULL,
    PRIMARY KEY (session, model, day)
) STRICT, WITHOUT ROWID;

-- What was journaled before there was this table. An answer belongs to the model of the intent before it.
INSERT INTO usage
SELECT
    done.session,
    coalesce((
        SELECT json_extract(intent.body, '$.data.model')
        FROM events AS intent
        WHERE intent.session = done.session AND intent.seq < done.seq AND intent.kind = 'model.intent'
        ORDER BY intent.seq DESC
        LIMIT 1
    ), '') AS model,
    date(done.wall_time_ms / 1000, 'unixepoch') AS day,
    sum(coalesce(json_extract(done.body, '$.data.usage.model_calls'), 0)),
    sum(coalesce(json_extract(done.body, '$.data.usage.input_tokens'), 0)),
    0,
    0,
    sum(coalesce(json_extract(done.body, '$.data.usage.output_tokens'), 0)),
    0
FROM events AS done
WHERE done.kind = 'model.done'
GROUP BY done.session, model, day;
