-- name: windows_of
-- Where some texts stand in the documents of which they are windows.
SELECT text_id, document, number, total, begins FROM run.windows WHERE text_id IN (SELECT unnest($text_ids));

-- name: documents
-- The document of every text that is a window, in text_id order.
SELECT text_id, document FROM run.windows ORDER BY text_id;

-- name: window_faults
-- Where windows do not fit the texts that they are: the table, what is wrong with it, and in how many rows.
WITH top AS (
    SELECT neuron_id, kind, document
    FROM run.exemplars JOIN run.windows USING (text_id)
    WHERE kind IN ('top', 'bottom', 'pooled')
),
found(place, wrong, count) AS (
    SELECT 'windows', 'not one row a text', (SELECT count(*) FROM run.texts) - count(DISTINCT text_id) FROM run.windows
    WHERE text_id IN (SELECT text_id FROM run.texts)
    HAVING (SELECT count(*) FROM run.windows) > 0
    UNION ALL
    SELECT 'windows', 'a window that its document does not have', count(*) FROM run.windows
    WHERE document < 0 OR number < 0 OR number >= total OR begins < 0
    UNION ALL
    SELECT 'windows', 'of one document in both splits', count(*) FROM (
        SELECT document FROM run.windows JOIN run.texts USING (text_id) GROUP BY document HAVING count(DISTINCT split) > 1
    )
    UNION ALL
    SELECT 'exemplars', 'two windows of a document in one list', count(*) - count(DISTINCT (neuron_id, kind, document))
    FROM top
)
SELECT place, wrong, count FROM found WHERE count <> 0 ORDER BY place, wrong;
