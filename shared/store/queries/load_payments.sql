-- What the events that told of these payments said. The currency is that of the order.
select
    payment_id as "payment_id!",
    order_id as "order_id!",
    amount as "amount!",
    currency as "currency!",
    status as "status!"
from payments
inner join orders using (order_id)
where payment_id = any($1::text[])
