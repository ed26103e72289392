-- Erased people of whom dead letters came afterwards, or were on their way then.
select users.user_id as "user_id!", letter.consumer as "consumer!", array_agg(distinct letter.topic) as "topics!"
from users
inner join dead_letters as letter on person_of(letter.key, letter.value, letter.headers) = users.user_id
where users.erased_at is not null
and (letter.value is not null or letter.headers <> '[]'::bytea)
and letter.consumer = any($1::text[])
and (letter.consumer = any($2::text[]) or person_named(letter.value, letter.headers) = users.user_id)
group by users.user_id, letter.consumer
order by users.user_id, letter.consumer
limit $3
