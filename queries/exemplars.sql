-- name: exemplars
-- One neuron's exemplars, each with its window: tokens, where they end in the body, where the window begins there
-- and what stands in it; last, where the text's tokens end.
SELECT
    kind, rank, text_id, source_id, split, start, peak, value,
    tokens[start + 1 : start + len(trace)], ends[start + 1 : start + len(trace)], first,
    body[first + 1 : ends[start + len(trace)]], trace, lowest, highest, ends[-1]
FROM (
    SELECT *, coalesce(ends[start], 0) AS first FROM run.exemplars JOIN run.texts USING (text_id)
    WHERE neuron_id = $neuron_id
)
ORDER BY kind, rank;

-- name: pieces
-- What some tokens read as.
SELECT token_id, piece FROM run.vocabulary WHERE token_id IN (SELECT unnest($token_ids));

-- name: texts_of_kind
-- The texts of every neuron's exemplars of a kind: the evidence that stands beside a match.
SELECT neuron_id, text_id FROM run.exemplars WHERE kind = $kind ORDER BY neuron_id, rank;

-- name: bodies_with
-- The texts in which a word occurs, in any case, and where their tokens end.
SELECT text_id, body, ends FROM run.texts WHERE contains(lower(body), lower($word));

-- name: peaking
-- The neurons of which a top exemplar peaks at one of some places: token peaks[i] of text text_ids[i].
SELECT DISTINCT neuron_id
FROM run.exemplars JOIN (SELECT unnest($text_ids) AS text_id, unnest($peaks) AS peak) USING (text_id, peak)
WHERE kind = 'top';
