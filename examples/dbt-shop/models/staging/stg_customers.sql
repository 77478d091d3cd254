select id as customer_id, trim(name) as customer_name, joined as joined_on
from {{ source('raw', 'raw_customers') }}
