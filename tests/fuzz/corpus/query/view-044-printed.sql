SELECT lcase(`db`.`berth`.`pier`) AS `k`
FROM `db`.`berth`