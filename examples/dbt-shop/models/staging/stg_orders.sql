select
    id as order_id,
    customer_id,
    placed_at,
    date_trunc('day', placed_at)::date as placed_on,
    amount,
    lower(status) as status
from {{ source('raw', 'raw_orders') }}
