-- name: tables
-- The tables of a database and the statement that would make each: compared with our own before anything is read.
SELECT table_name, sql FROM duckdb_tables() WHERE database_name = $database ORDER BY table_name;

-- name: intruders
-- Whatever else a file can bring along: a view or a macro could stand in for what we mean to call.
SELECT 'view' AS what, view_name AS name FROM duckdb_views() WHERE database_name = $database AND NOT internal
UNION ALL
SELECT 'macro', function_name FROM duckdb_functions() WHERE database_name = $database AND NOT internal
UNION ALL
SELECT 'sequence', sequence_name FROM duckdb_sequences() WHERE database_name = $database
UNION ALL
SELECT 'index', index_name FROM duckdb_indexes() WHERE database_name = $database
UNION ALL
SELECT 'type', type_name FROM duckdb_types() WHERE database_name = $database AND NOT internal
UNION ALL
SELECT 'schema', schema_name FROM duckdb_schemas()
WHERE database_name = $database AND NOT internal AND schema_name <> 'main'
ORDER BY what, name;
