-- All keys of one look-up in one statement, so that all is of one moment. Parameters: ids of users, ids of classes, types
-- and ids of records. `at` counts from 1 within its parameter. What a row means stands in load.rs, by `tag`.
WITH person AS (SELECT id, at::int4 AS at FROM unnest($1::text[]) WITH ORDINALITY AS asked (id, at))
SELECT 0::int2 AS tag, NULL::int4 AS at, NULL::text AS own, NULL::text AS id, NULL::text AS role, NULL::text AS org,
    NULL::text AS class, NULL::text AS school, NULL::text AS body, NULL::text[] AS list,
    NULL::bool AS deleted, NULL::bool AS first, NULL::bool AS second, {head}::int8 AS number,
    NULL::date AS begins, NULL::date AS ends
UNION ALL
SELECT 1::int2, person.at, u.id, NULL, NULL, NULL, NULL, NULL, u.properties::text, u.org_ids,
    u.deleted, u.enabled, u.student, {u.row}, NULL, NULL
FROM person JOIN hallpass.users u ON u.id = person.id
UNION ALL
SELECT 2::int2, person.at, r.user_id, r.id, r.role, r.org_id, NULL, NULL, NULL, NULL,
    r.deleted, NULL, NULL, NULL, r.begin_date, r.end_date
FROM person JOIN hallpass.roles r ON r.user_id = person.id
WHERE r.deleted IS NOT TRUE OR r.role IS NULL OR lower(r.role COLLATE "C") = 'student'
UNION ALL
SELECT 3::int2, person.at, a.user_id, a.id, a.role, a.org_id, NULL, NULL, NULL, NULL,
    a.deleted, NULL, NULL, {a.row}, a.begin_date, a.end_date
FROM person JOIN hallpass.role_assignments a ON a.user_id = person.id
WHERE a.deleted IS NOT TRUE
UNION ALL
SELECT 4::int2, person.at, e.user_id, e.id, e.role, e.class_id, c.id, c.school_id, NULL, c.term_ids,
    e.deleted, c.deleted, NULL, NULL, e.begin_date, e.end_date
FROM person JOIN hallpass.enrollments e ON e.user_id = person.id LEFT JOIN hallpass.classes c ON c.id = e.class_id
WHERE e.role IS NULL OR lower(e.role COLLATE "C") = 'student' OR e.role = 'teacher' AND e.deleted IS NOT TRUE
UNION ALL
SELECT 5::int2, asked.at::int4, c.id, NULL, NULL, NULL, c.id, c.school_id, NULL, c.term_ids,
    NULL, c.deleted, NULL, NULL, NULL, NULL
FROM unnest($2::text[]) WITH ORDINALITY AS asked (id, at) JOIN hallpass.classes c ON c.id = asked.id
UNION ALL
SELECT 6::int2, asked.at::int4, r.id, NULL, r.type, NULL, NULL, NULL, r.properties::text, NULL,
    r.deleted, NULL, NULL, NULL, NULL, NULL
FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS asked (type, id, at)
JOIN hallpass.records r ON r.id = asked.id AND r.type = asked.type
