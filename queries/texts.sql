-- name: texts
-- Every text without its body, in text_id order.
SELECT text_id, source_id, split, gold, pooled FROM run.texts ORDER BY text_id;

-- name: bodies
-- The bodies of the texts that have pooled activations, in text_id order.
SELECT body FROM run.texts WHERE pooled ORDER BY text_id;

-- name: body
-- One text as it stands in the data set.
SELECT body FROM run.texts WHERE text_id = $text_id;

-- name: bodies_of
-- Some texts as they stand in the data set.
SELECT text_id, body FROM run.texts WHERE text_id IN (SELECT unnest($text_ids));

-- name: texts_of
-- Some texts, with their splits.
SELECT text_id, split, body FROM run.texts WHERE text_id IN (SELECT unnest($text_ids));
